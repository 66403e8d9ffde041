// Starts Swagger UI on the controller's own document.
// @ts-nocheck: SwaggerUIBundle is a global of the vendored bundle.

// As the console has it: what was chosen there, else what the system says.
function isDark() {
  try {
    const chosen = localStorage.getItem("venice.theme");
    if (chosen === "light" || chosen === "dark") return chosen === "dark";
  } catch {
    // A browser that keeps nothing has no choice to tell.
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

document.documentElement.classList.toggle("dark-mode", isDark());
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "openapi.yaml",
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    filter: true,
    // The public validator would be asked for every page view, from networks that should not tell.
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
