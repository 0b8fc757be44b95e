// The relay that the suite of functions-js expects: functions at /<name> on PORT, their
// callers verified with JWT_SECRET. It starts Galley on the folder above FUNCTIONS_DIR
// and hands requests on to it. Run by scripts/functions-suite.sh; GALLEY is the binary.
import { spawn } from 'node:child_process'
import http from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const { GALLEY, PORT, JWT_SECRET, FUNCTIONS_DIR } = process.env
const data = mkdtempSync(join(tmpdir(), 'galley-relay.'))
const galley = spawn(GALLEY, ['serve', '--dev', '--project', dirname(FUNCTIONS_DIR), '--data', data, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'ignore', 'pipe'],
  env: { ...process.env, GALLEY_AUTH_JWT_SECRET: JWT_SECRET, GALLEY_LOG_FORMAT: 'json' },
})

let said = ''
galley.stderr.on('data', (chunk) => {
  if (process.env.RELAY_LOG) process.stderr.write(chunk)
  if (said === null) return
  said += chunk
  const found = /"msg":"listening","url":"http:\/\/([^"]+)"/.exec(said)
  if (found === null) return
  said = null
  relay(found[1])
})

// The suite expects to find the address of the reference's inner server in the URL.
function relay(address) {
  const [host, port] = address.split(':')
  http.createServer((req, res) => {
    const on = http.request({ host, port, method: req.method, path: '/functions/v1' + req.url, headers: { ...req.headers, host: 'localhost:8000' } }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers)
      answer.pipe(res)
    })
    on.on('error', () => res.destroy())
    req.pipe(on)
  }).listen(Number(PORT), 'localhost')
}

const stop = () => {
  galley.kill()
  rmSync(data, { recursive: true, force: true })
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
galley.on('exit', () => process.exit(1))
