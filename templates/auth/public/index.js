import { $, html, show } from './galley.js'
import { claims, lacksFactor } from './session.js'

const me = await claims()
show($('#content'), me && !lacksFactor(me) ? html`
  <h1>Good to see you</h1>
  <p>You are signed in as ${me.email}.</p>
  <p class="row"><a class="button first" href="/account.html">Your account</a></p>` : html`
  <h1>A place with a door</h1>
  <p class="muted">Accounts with all that belongs to them: a confirmed address, a second factor, your sessions, and a way out.</p>
  <p class="row"><a class="button first" href="/sign-up.html">Create an account</a> <a class="button" href="/sign-in.html">Sign in</a></p>
  ${location.search === '?deleted' && html`<p class="muted" role="status">Your account was deleted.</p>`}`)
