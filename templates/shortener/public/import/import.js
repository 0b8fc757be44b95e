// Many links at once, out of a CSV file.
import { $, html, onSubmit, show } from '/galley.js'
import { call, signedIn } from '/app.js'

if (await signedIn()) {
  show($('#main'), html`<div class="reading"><h1>Import</h1>
    <p>A CSV file with a line for each link, 1,000 at most. The first line names the columns: <code>target</code>, and <code>slug</code> and <code>title</code> if you want.</p>
    <pre tabindex="0">target,slug,title
https://example.org/spring,spring,Spring catalogue
https://example.org/summer,,Summer catalogue</pre>
    <form class="card" id="form"><label>File <input name="file" type="file" accept=".csv,text/csv" required></label><button class="first">Import</button></form>
    <div id="result" aria-live="polite"></div></div>`)
  onSubmit($('#form'), async ({ file }, form) => {
    if (file.size > 1_000_000) throw new Error('The file is larger than a megabyte.')
    const { made, errors } = await call('POST', '/v1/links/import', await file.text())
    form.reset()
    show($('#result'), html`<div class="card"><h2>${made} ${made === 1 ? 'link' : 'links'} made</h2>
      ${errors.length > 0 && html`<p class="problem">${errors.length} ${errors.length === 1 ? 'line was' : 'lines were'} left out:</p>
        <div class="scroll" tabindex="0"><table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Why</th></tr></thead>
        <tbody>${errors.map(e => html`<tr><td class="number">${e.line}</td><td>${e.message}</td></tr>`)}</tbody></table></div>`}
      <p><a href="/">Your links</a></p></div>`)
  })
}
