/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/core/bypass.test.ts > TAP > otherwise it is judged as ever, and the user is told why > the last line of the denial 1`] = `
To apply it all the same: annotate it with pullgate.dev/bypass: "REASON"; that takes the verb bypass on admissions.pullgate.dev.
`

exports[`test/core/bypass.test.ts > TAP > otherwise it is judged as ever, and the user is told why > with a blank reason 1`] = `
Array [
  "pullgate.dev/bypass is not heeded: it is empty; write the reason into it.",
]
`

exports[`test/core/bypass.test.ts > TAP > otherwise it is judged as ever, and the user is told why > with a reason that is no text 1`] = `
Array [
  "pullgate.dev/bypass is not heeded: it is empty; write the reason into it.",
]
`

exports[`test/core/bypass.test.ts > TAP > otherwise it is judged as ever, and the user is told why > with an empty reason 1`] = `
Array [
  "pullgate.dev/bypass is not heeded: it is empty; write the reason into it.",
]
`

exports[`test/core/bypass.test.ts > TAP > otherwise it is judged as ever, and the user is told why > without an answer 1`] = `
Array [
  "pullgate.dev/bypass is not heeded: not known whether ada holds the verb bypass on admissions.pullgate.dev (the API server did not answer in time).",
]
`

exports[`test/core/bypass.test.ts > TAP > otherwise it is judged as ever, and the user is told why > without the verb 1`] = `
Array [
  "pullgate.dev/bypass is not heeded: ada does not hold the verb bypass on admissions.pullgate.dev in namespace shop.",
]
`

exports[`test/core/bypass.test.ts > TAP > with a reason and the verb: admitted, and it leaves a trace > what the user is told 1`] = `
Array [
  "Admitted by pullgate.dev/bypass although it would be refused; the reason given: INC-4711: rollback",
]
`
