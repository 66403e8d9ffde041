// Starts Swagger UI on the controller's own document.
// @ts-nocheck: SwaggerUIBundle is a global of the vendored bundle.
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
