// The document of a measured page.

/** It says when it began, and opens the client with `config`. */
export function html(config) {
  return `<!doctype html>
<title>bench</title>
<script>
  window.report({ name: "start", at: Date.now(), url: location.href });
  window.config = ${JSON.stringify(config)};
</script>
<script type="module" src="/main.js"></script>`;
}
