// Offer only the operators that the chosen attribute knows.

const field = document.querySelector("#filter-field");
const operator = document.querySelector("#filter-operator");

if (field && operator) {
  const all = [...operator.options];
  const narrow = () => {
    const known = field.selectedOptions[0]?.dataset.operators?.split("|") ?? [];
    const offered = all.filter((option) => known.includes(option.value));
    operator.replaceChildren(...(offered.length ? offered : all));
    operator.selectedIndex = 0;
  };
  field.addEventListener("change", narrow);
  narrow();
}
