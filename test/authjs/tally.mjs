// Counts what jest says of a suite, and names what failed:
//
//	node tally.mjs SUITE ENGINE OUT.json [--update]
//
import { readFileSync } from 'node:fs'

const [suite, engine, file] = process.argv.slice(2)
const failed = []
const count = { passed: 0, failed: 0, skipped: 0 }
for (const { name, assertionResults, status, message } of JSON.parse(readFileSync(file, 'utf8')).testResults) {
  if (status === 'failed' && assertionResults.length === 0) throw new Error(`${name} did not run: ${message}`)
  for (const t of assertionResults) {
    if (t.status === 'passed') count.passed++
    else if (t.status === 'failed') failed.push({ name: t.fullName, why: t.failureMessages[0] ?? '' }) && count.failed++
    else count.skipped++
  }
}
console.log(`${suite} ${engine}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
for (const { name, why } of failed) console.log(`  ${name}\n    ${why.replaceAll('\n', ' ').replace(/\u001b\[\d+m/g, '').slice(0, 300)}`)
process.exitCode = failed.length > 0 ? 1 : 0
