/** AdmissionReviews of the size a real Pod with four containers has: about 14 kB, managed fields included. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

const recording = new URL('../test/fixtures/admission-reviews/pod-create.CREATE-pods.json', import.meta.url)

type Recorded = {
  request: {
    uid: string
    namespace: string
    object: { metadata: object; spec: { containers: { name: string; image: string }[] } }
  }
}

// What a sidecar injector and a few annotations add.
const padding = { annotations: { 'bench.pullgate.dev/padding': 'x'.repeat(1500) } }
const environment = Array.from({ length: 40 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${n}` }))

/** A body with this image in each of its four containers, and a uid of its own. */
export const reviewBodies = (imageFor: (n: number) => string): ((n: number) => string) => {
  const recorded = JSON.parse(readFileSync(recording, 'utf8')) as Recorded
  const { object } = recorded.request
  const [container] = object.spec.containers
  Object.assign(object.metadata, padding)
  const marker = 'IMAGE-OF-THE-BENCH'
  object.spec.containers = ['app', 'proxy', 'logs', 'metrics'].map((name) => ({
    ...container,
    name,
    image: marker,
    env: environment,
  }))
  const uid = recorded.request.uid
  const text = JSON.stringify(recorded)
  return (n) => text.replaceAll(marker, imageFor(n)).replace(uid, randomUUID())
}
