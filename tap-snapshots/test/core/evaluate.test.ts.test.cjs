/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/core/evaluate.test.ts > TAP > a whole evaluation > must match snapshot 1`] = `
Object {
  "at": "2026-11-20T00:00:00Z",
  "decision": Object {
    "allowed": false,
    "audits": Array [],
    "denials": Array [
      Object {
        "cause": "reference-invalid",
        "certainty": "certain",
        "check": "valid-reference",
        "fieldPath": "spec.template.spec.containers[3].image",
        "image": "Nginx:1",
        "message": "This is not an image reference: \\"Nginx\\" contains upper-case letters, and a repository name has none.",
        "mode": "enforce",
        "remedy": "Write it as REGISTRY/REPOSITORY:TAG, for instance ghcr.io/acme/pay:1.4.2.",
        "suggestions": Array [],
      },
      Object {
        "cause": "tag-omitted",
        "certainty": "certain",
        "check": "latest-tag",
        "fieldPath": "spec.template.spec.containers[2].image",
        "image": "nginx",
        "message": "No tag is written, so the node pulls latest: whatever was pushed last.",
        "mode": "enforce",
        "remedy": "Name a version (docker.io/library/nginx:VERSION) or a digest (docker.io/library/nginx@sha256:DIGEST).",
        "suggestions": Array [],
      },
      Object {
        "cause": "tag-absent",
        "certainty": "certain",
        "check": "image-pullable",
        "fieldPath": "spec.template.spec.containers[1].image",
        "image": "reg.example/gone:v2",
        "message": "There is no tag v2 in reg.example/gone.",
        "mode": "enforce",
        "remedy": "Push v2 first, or correct the tag.",
        "suggestions": Array [],
      },
    ],
    "warnings": Array [
      Object {
        "cause": "registry-timeout",
        "certainty": "unknown",
        "check": "image-pullable",
        "fieldPath": "spec.template.spec.containers[2].image",
        "image": "nginx",
        "message": "Not known whether docker.io/library/nginx can be pulled: registry-1.docker.io did not answer in time (no answer in 3 s).",
        "mode": "warn",
        "remedy": "Try again; check the way from the cluster to the registry.",
        "suggestions": Array [],
      },
    ],
  },
  "images": Array [
    Object {
      "credential": "anonymous",
      "digest": "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
      "fieldPath": "spec.template.spec.containers[0].image",
      "image": "reg.example/pay:v1",
      "name": "reg.example/pay",
      "tag": "v1",
      "verdict": "pullable",
    },
    Object {
      "fieldPath": "spec.template.spec.containers[1].image",
      "image": "reg.example/gone:v2",
      "name": "reg.example/gone",
      "tag": "v2",
      "verdict": "unpullable",
    },
    Object {
      "fieldPath": "spec.template.spec.containers[2].image",
      "image": "nginx",
      "name": "docker.io/library/nginx",
      "verdict": "unknown",
    },
    Object {
      "fieldPath": "spec.template.spec.containers[3].image",
      "image": "Nginx:1",
      "verdict": "unpullable",
    },
    Object {
      "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "fieldPath": "spec.template.spec.containers[4].image",
      "image": "reg.example/base:v3@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "name": "reg.example/base",
      "tag": "v3",
      "verdict": "skipped",
    },
  ],
  "results": Array [
    Object {
      "check": "valid-reference",
      "fieldPath": "spec.template.spec.containers[0].image",
      "image": "reg.example/pay:v1",
      "outcome": "pass",
    },
    Object {
      "check": "valid-reference",
      "fieldPath": "spec.template.spec.containers[1].image",
      "image": "reg.example/gone:v2",
      "outcome": "pass",
    },
    Object {
      "check": "valid-reference",
      "fieldPath": "spec.template.spec.containers[2].image",
      "image": "nginx",
      "outcome": "pass",
    },
    Object {
      "cause": Object {
        "id": "reference-invalid",
        "image": "Nginx:1",
        "why": "\\"Nginx\\" contains upper-case letters, and a repository name has none",
      },
      "check": "valid-reference",
      "fieldPath": "spec.template.spec.containers[3].image",
      "image": "Nginx:1",
      "outcome": "trouble",
    },
    Object {
      "check": "valid-reference",
      "fieldPath": "spec.template.spec.containers[4].image",
      "image": "reg.example/base:v3@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "outcome": "pass",
    },
    Object {
      "check": "latest-tag",
      "fieldPath": "spec.template.spec.containers[0].image",
      "image": "reg.example/pay:v1",
      "outcome": "pass",
    },
    Object {
      "check": "latest-tag",
      "fieldPath": "spec.template.spec.containers[1].image",
      "image": "reg.example/gone:v2",
      "outcome": "pass",
    },
    Object {
      "cause": Object {
        "id": "tag-omitted",
        "name": "docker.io/library/nginx",
      },
      "check": "latest-tag",
      "fieldPath": "spec.template.spec.containers[2].image",
      "image": "nginx",
      "outcome": "trouble",
    },
    Object {
      "check": "latest-tag",
      "fieldPath": "spec.template.spec.containers[3].image",
      "image": "Nginx:1",
      "outcome": "skip",
      "reason": "not a reference",
    },
    Object {
      "check": "latest-tag",
      "fieldPath": "spec.template.spec.containers[4].image",
      "image": "reg.example/base:v3@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "outcome": "pass",
    },
    Object {
      "check": "pull-secrets",
      "fieldPath": "spec.imagePullSecrets[0].name",
      "image": "",
      "outcome": "pass",
    },
    Object {
      "check": "image-pullable",
      "fieldPath": "spec.template.spec.containers[0].image",
      "image": "reg.example/pay:v1",
      "outcome": "pass",
    },
    Object {
      "cause": Object {
        "host": "reg.example",
        "id": "tag-absent",
        "name": "reg.example/gone",
        "suggestions": Array [],
        "tag": "v2",
      },
      "check": "image-pullable",
      "fieldPath": "spec.template.spec.containers[1].image",
      "image": "reg.example/gone:v2",
      "outcome": "trouble",
    },
    Object {
      "cause": Object {
        "detail": "no answer in 3 s",
        "host": "registry-1.docker.io",
        "id": "registry-timeout",
        "name": "docker.io/library/nginx",
      },
      "check": "image-pullable",
      "fieldPath": "spec.template.spec.containers[2].image",
      "image": "nginx",
      "outcome": "trouble",
    },
    Object {
      "check": "image-pullable",
      "fieldPath": "spec.template.spec.containers[3].image",
      "image": "Nginx:1",
      "outcome": "skip",
      "reason": "not a reference",
    },
    Object {
      "check": "image-pullable",
      "fieldPath": "spec.template.spec.containers[4].image",
      "image": "reg.example/base:v3@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "outcome": "skip",
      "reason": "imagePullPolicy is Never",
    },
  ],
  "workloads": Array [
    Object {
      "apiVersion": "apps/v1",
      "images": Array [
        Object {
          "fieldPath": "spec.template.spec.containers[0].image",
          "image": "reg.example/pay:v1",
          "pullPolicy": "IfNotPresent",
          "slot": "spec.template.spec.containers/app",
        },
        Object {
          "fieldPath": "spec.template.spec.containers[1].image",
          "image": "reg.example/gone:v2",
          "pullPolicy": "IfNotPresent",
          "slot": "spec.template.spec.containers/gone",
        },
        Object {
          "fieldPath": "spec.template.spec.containers[2].image",
          "image": "nginx",
          "pullPolicy": "IfNotPresent",
          "slot": "spec.template.spec.containers/web",
        },
        Object {
          "fieldPath": "spec.template.spec.containers[3].image",
          "image": "Nginx:1",
          "pullPolicy": "IfNotPresent",
          "slot": "spec.template.spec.containers/wrong",
        },
        Object {
          "fieldPath": "spec.template.spec.containers[4].image",
          "image": "reg.example/base:v3@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "pullPolicy": "Never",
          "slot": "spec.template.spec.containers/base",
        },
      ],
      "isTemplate": true,
      "kind": "Deployment",
      "name": "pay",
      "namespace": "shop",
      "namesPullSecrets": true,
      "platformSelector": "[null,null,null,null]",
      "pullSecrets": Array [
        Object {
          "fieldPath": "spec.template.spec.imagePullSecrets[0].name",
          "name": "regcred",
        },
      ],
      "serviceAccount": "default",
      "serviceAccountPath": "spec.template.spec.serviceAccountName",
      "uid": "a1",
    },
  ],
}
`
