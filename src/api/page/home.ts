/** The page at /: what this node is and does. Its script fills the fields. */
export const HOME_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shoal</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<script src="/page.js" type="module"></script>
</head>
<body>
<header>
<h1><img src="/icon.svg" alt="" width="28" height="28"> Shoal</h1>
<p id="state" role="status">Asking the node …</p>
</header>
<main>
<section aria-labelledby="node-title">
<h2 id="node-title">Node</h2>
<dl>
<dt>Name</dt><dd id="name">–</dd>
<dt>PeerId</dt><dd id="peer-id" class="id">–</dd>
<dt>Version</dt><dd id="version">–</dd>
<dt>Up</dt><dd id="uptime">–</dd>
</dl>
</section>
<section aria-labelledby="library-title">
<h2 id="library-title">Library</h2>
<dl>
<dt>Files</dt><dd id="files">–</dd>
<dt>Folders</dt><dd id="folders">–</dd>
<dt>Size</dt><dd id="size">–</dd>
<dt>Hashing</dt><dd id="hashing">–</dd>
</dl>
</section>
<section aria-labelledby="network-title">
<h2 id="network-title">Network</h2>
<dl>
<dt>Peers</dt><dd id="peers">–</dd>
<dt>Locators</dt><dd id="locators">–</dd>
<dt>Uploads</dt><dd id="uploads">–</dd>
<dt>Downloads</dt><dd id="downloads">–</dd>
</dl>
</section>
<section aria-labelledby="list-title">
<h2 id="list-title">Latest downloads</h2>
<ol id="list"><li>–</li></ol>
</section>
</main>
<footer><a href="/docs">API</a> <a href="/openapi.json">OpenAPI</a></footer>
</body>
</html>
`

/** The mark: three fish, one way. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="#1283a4"><path d="M4 9c4-5 9-5 13 0-4 5-9 5-13 0zm13 0 4-3v6z"/><path d="M12 18c4-5 9-5 13 0-4 5-9 5-13 0zm13 0 4-3v6z"/><path d="M3 26c3-4 7-4 10 0-3 4-7 4-10 0zm10 0 3-2.5v5z"/></g></svg>
`
