/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/config.test.ts > TAP > all mistakes at once, each with its place, what is accepted and the nearest key > must match snapshot 1`] = `
ConfigError
config.yaml:1:13: apiVersion: must be pullgate.dev/v1alpha1, not "pullgate.dev/v1"
config.yaml:2:7: kind: must be PullgateConfiguration, not "PullgateConfig"
config.yaml:3:7: mode: must be one of enforce, warn, audit, ignore, not "enforced"
config.yaml:4:1: unknown key "onUnkown"; did you mean onUnknown? (known: apiVersion, kind, mode, checks, causes, onUnknown, templates, owned, suspended, workloads, registries, cache, limits)
config.yaml:6:3: checks: unknown key "latest-tags"; did you mean latest-tag? (known: valid-reference, latest-tag, pull-secrets, image-pullable)
config.yaml:7:19: checks.image-pullable: must be one of enforce, warn, audit, ignore, not "deny"
config.yaml:8:12: suspended: must be of type boolean, not "no"
config.yaml:10:16: registries.suggestTags: must be of type boolean, not 1
config.yaml:12:25: registries.addresses.allow[1]: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not "not an address"
config.yaml:14:7: registries.realms[0]: must be IMAGE-DOMAIN=REALM-HOST, for instance registry.example=auth.example.org, not "registry.example"
config.yaml:16:8: cache.tag: must be a duration such as 500ms, 5s or 1h30m, not "1 minute"
config.yaml:18:16: limits.perRegistry: must be >= 1, not 0
`

exports[`test/config.test.ts > TAP > mistakes in kinds of one’s own > must match snapshot 1`] = `
ConfigError
config.yaml:4:49: workloads[0].podSpecs[0]: must be a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec, not "spec.tills[0].template"
config.yaml:4:85: workloads[0].images[0]: must be a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec, not ".spec.image"
config.yaml:4:112: workloads[0].templated: must be of type boolean, not "yes please"
config.yaml:5:5: workloads[1].podSpecs: is missing
config.yaml:5:5: workloads[1].images: is missing
config.yaml:5:5: workloads[1]: must have one of these keys, not {"group":"example.com","kind":"Nowhere"}
config.yaml:6:5: workloads[2].group: is missing
config.yaml:6:18: workloads[2]: unknown key "podSpec"; did you mean podSpecs? (known: group, kind, podSpecs, images, pullSecrets, serviceAccount, templated)
`

exports[`test/config.test.ts > TAP > what is no configuration at all > must match snapshot 1`] = `
""
ConfigError
config.yaml: the file is empty

"just text"
ConfigError
config.yaml:1:1: the file: must be of type object, not "just text"

"- a\\n- list\\n"
ConfigError
config.yaml:1:1: the file: must be of type object, not ["a","list"]

"mode: [unclosed"
ConfigError
config.yaml:1:16: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]

"apiVersion: pullgate.dev/v1alpha1\\nkind: PullgateConfiguration\\nmode: warn\\nmode: audit\\n"
ConfigError
config.yaml:4:1: not YAML: Map keys must be unique

"a: &a [*a]"
ConfigError
config.yaml:1:1: apiVersion: is missing
config.yaml:1:1: kind: is missing
config.yaml:1:1: unknown key "a" (known: apiVersion, kind, mode, checks, causes, onUnknown, templates, owned, suspended, workloads, registries, cache, limits)

"{}"
ConfigError
config.yaml:1:1: apiVersion: is missing
config.yaml:1:1: kind: is missing
`
