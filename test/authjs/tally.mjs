// Counts what jest says of a suite, names what failed and why, and compares it with
// the ledger, which may only improve:
//
//	node tally.mjs SUITE ENGINE OUT.json REQUESTS.jsonl [--update]
//
// REQUESTS.jsonl is what origin.cjs recorded: the tests that asked the server
// anything. The others prove nothing of it, so they are counted apart.
import { readFileSync, writeFileSync } from 'node:fs'

const ledger = new URL('../../docs/ledger/auth-js.json', import.meta.url)
const [suite, engine, results, requests, update] = process.argv.slice(2)

const asked = new Set()
for (const line of readFileSync(requests, 'utf8').split('\n').filter(Boolean)) {
  const { file, test } = JSON.parse(line)
  asked.add(`${file}\0${test}`)
}
const count = { cases: 0, passed: 0, asking: 0, asking_passed: 0, open: [] }
const why = new Map()
let skipped = 0
for (const { name: file, assertionResults, status, message } of JSON.parse(readFileSync(results, 'utf8')).testResults) {
  if (status === 'failed' && assertionResults.length === 0) throw new Error(`${file} did not run: ${message}`)
  for (const { fullName, status, failureMessages } of assertionResults) {
    const passed = status === 'passed'
    count.cases++
    count.passed += passed
    if (asked.has(`${file}\0${fullName}`)) {
      count.asking++
      count.asking_passed += passed
    }
    if (status === 'failed') why.set(fullName, failureMessages[0] ?? '')
    else if (!passed) skipped++
  }
}
count.open = [...why.keys()].sort()

console.log(`${suite} ${engine}: ${count.passed} of ${count.cases} passed, ${why.size} failed, ${skipped} skipped;`,
  `${count.asking_passed} of the ${count.asking} that ask the server passed`)
for (const [name, text] of why) console.log(`  ${name}\n    ${text.replace(/\u001b\[\d+m/g, '').replaceAll('\n', ' ').slice(0, 300)}`)

const kept = JSON.parse(readFileSync(ledger, 'utf8'))
const before = kept[suite]?.[engine] ?? { cases: 0, passed: 0, open: [] }
const worse = count.open.filter((name) => before.cases > 0 && !before.open.includes(name))
if (worse.length > 0 || count.passed < before.passed) {
  console.log(`${suite} ${engine}: worse than docs/ledger/auth-js.json, which has ${before.passed} passed: ${worse.join('; ')}`)
  process.exitCode = 1
} else if (update === '--update') {
  kept[suite] = { ...kept[suite], [engine]: count }
  writeFileSync(ledger, JSON.stringify(kept, null, 2) + '\n')
}
