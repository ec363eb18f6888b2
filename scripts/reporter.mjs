// tap's reporter: one line a file, every failure whole, and a closing line that people and machines read alike:
// `N passed, N failed, N skipped`.
import { Transform } from 'node:stream'

const fileLine = /^(not ok|ok) \d+ - (.*?)(?: # time=([\d.]+m?s?))?(?: \{)?$/
const nestedFailure = /^(\s+)not ok \d+/
const skipped = /^(\s+)ok \d+ - (.*) # SKIP(.*)$/i
const totals = /^# \{ total: (\d+), pass: (\d+)(?:, fail: (\d+))?(?:, skip: (\d+))?(?:, todo: (\d+))? \}$/

export default class Reporter extends Transform {
  #rest = ''
  #counts = { passed: 0, failed: 0, skipped: 0 }
  #failureIndent = -1

  _transform(chunk, _encoding, done) {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#read(line)
    done()
  }

  _flush(done) {
    this.#read(this.#rest)
    const { passed, failed, skipped } = this.#counts
    this.push(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
    done()
  }

  #read(line) {
    if (this.#failureIndent >= 0) {
      const indent = line.search(/\S/)
      const isDiagnostic = indent > this.#failureIndent || line.trim() === ''
      if (isDiagnostic) return void this.push(`${line}\n`)
      this.#failureIndent = -1
    }
    const nested = nestedFailure.exec(line)
    if (nested) {
      this.#failureIndent = nested[1].length
      return void this.push(`${line}\n`)
    }
    const skip = skipped.exec(line)
    if (skip) return void this.push(`  skipped: ${skip[2]}: ${skip[3].trim()}\n`)
    const total = totals.exec(line.trim())
    if (total && !line.startsWith(' ')) {
      this.#counts = {
        passed: Number(total[2]),
        failed: Number(total[3] ?? 0),
        skipped: Number(total[4] ?? 0) + Number(total[5] ?? 0),
      }
      return
    }
    const file = fileLine.exec(line)
    if (file) this.push(`${file[1] === 'ok' ? 'passed' : 'FAILED'}  ${file[2]}${file[3] ? `  (${file[3]})` : ''}\n`)
    else if (line.startsWith('Bail out!')) this.push(`${line}\n`)
  }
}
