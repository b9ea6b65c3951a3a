// Keep a part of the page up to date until the server says that it has come to its end.

const SECONDS = 2;

async function follow(part) {
  while (part.isConnected && part.dataset.ended === undefined) {
    await new Promise((go) => setTimeout(go, SECONDS * 1000));
    if (document.hidden) continue;
    try {
      const answer = await fetch(part.dataset.poll, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) continue;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-poll]");
      if (!fresh) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
      part.replaceWith(document.adoptNode(fresh));
      part = fresh;
      if (focused) document.getElementById(focused)?.focus();
    } catch {
      // The server cannot be reached just now; the next round tries again.
    }
  }
}

for (const part of document.querySelectorAll("[data-poll]")) follow(part);
