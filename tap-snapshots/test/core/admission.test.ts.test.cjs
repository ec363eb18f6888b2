/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/core/admission.test.ts > TAP > a fault of ours says nothing about the image > what a user reads of it 1`] = `
Not known whether the images of this object can be pulled: Pullgate failed (a port failed).
`
