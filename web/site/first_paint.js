// Before anything is drawn: the theme that was chosen here, so that the page does not flash in the other one.
try {
  const chosen = localStorage.getItem("venice.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Browsers can be told to keep nothing; then the system's theme is shown.
}
