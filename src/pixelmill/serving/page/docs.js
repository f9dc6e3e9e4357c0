"use strict";

const root = new URL(".", location.href).href; // a proxy may put the service below a path
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dark.addEventListener("change", paint);
paint();
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // which would send the description to another server
  requestInterceptor: (request) => {
    if (!request.loadSpec) request.url = request.url.replace(`${location.origin}/`, root);
    return request;
  },
});
