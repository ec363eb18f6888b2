/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/core/decision.test.ts > TAP > a finding says everything a user or a report needs > an absent tag 1`] = `
Object {
  "cause": "tag-absent",
  "certainty": "certain",
  "check": "image-pullable",
  "fieldPath": "spec.containers[0].image",
  "image": "reg.example/pay:v1",
  "message": "There is no tag v1 in reg.example/pay.",
  "mode": "enforce",
  "remedy": "Did you mean v2? Otherwise push v1 first.",
  "suggestions": Array [
    "v2",
  ],
}
`
