// What every page does: tell the server the reader's time zone, submit choices, offer shortcuts.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`zone=${zone}`)) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

if (matchMedia("(max-width: 900px)").matches) {
  for (const part of document.querySelectorAll("details[data-folds]")) part.open = false;
}

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const field = document.querySelector("#find");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
  if (event.key === "Escape") {
    const open = document.querySelector("details[data-panel][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (typing) {
      typing.blur();
    }
  }
});
