import t from 'tap'
import type { CheckId } from '../../src/core/checks/index.ts'
import { collect, type Inquiry } from '../../src/core/collect.ts'
import type { Facts, ImageFacts, Probe, ProbePort, SecretFact, ServiceAccountFact } from '../../src/core/facts.ts'
import { nameOf } from '../../src/core/reference.ts'
import type { Workload } from '../../src/core/workload.ts'
import {
  absentSecret,
  attemptOf,
  type CountedPorts,
  contextOf,
  countedPorts,
  credentialsOf,
  found,
  keyringFor,
  nothingRemembered,
  probeOf,
  refused,
  secretField,
  tagAbsent,
  usableSecret,
} from '../support/ports.ts'
import { podSpec, workloadFor, workloadWithImages } from '../support/workloads.ts'

const inquire = async (workload: Workload, { ports }: CountedPorts, tweak: Partial<Inquiry> = {}): Promise<Facts> => {
  const [facts] = await collect([workload], {
    ports,
    isActive: () => true,
    secretsTold: () => true,
    nodeCredentials: () => false,
    proxyCaches: () => false,
    context: contextOf(),
    ...tweak,
  })
  if (facts === undefined) throw new Error('a part has facts')
  return facts
}

/** What is known of each image: why nothing was asked, or how its first attempt ended. */
const endOf = ({ probe, unasked }: ImageFacts): string => {
  if (probe === undefined) return unasked ?? 'nothing'
  const outcome = probe.attempts[0]?.outcome
  return outcome?.kind === 'unanswered' ? outcome.cause : (outcome?.kind ?? 'nothing')
}
const ends = ({ images }: Facts): readonly string[] => images.map(endOf)

/** Answers that somebody else decides when to give. */
const held = <T>() => {
  const waiting: ((value: T) => void)[] = []
  return {
    answer: (value: T): void => {
      for (const resolve of waiting.splice(0)) resolve(value)
    },
    port: () => new Promise<T>((resolve) => waiting.push(resolve)),
    waiting: () => waiting.length,
  }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

const three = ['reg.example/a:v1', 'reg.example/b:v1', 'reg.example/c:v1']

t.test('every image is asked about at once, after the pull secrets', async (t) => {
  const secrets = held<ReturnType<typeof credentialsOf>>()
  const images = held<Probe>()
  const counted = countedPorts(images.port, secrets.port)
  const facts = inquire(workloadWithImages(three), counted)
  await turn()
  t.strictSame([secrets.waiting(), images.waiting()], [1, 0], 'first which credentials there are')
  secrets.answer(credentialsOf())
  await turn()
  t.equal(images.waiting(), 3, 'then all images, none waiting for another')
  images.answer(probeOf(attemptOf(found)))
  t.strictSame(ends(await facts), ['found', 'found', 'found'])
  t.strictSame(counted.images(), three)
})

t.test('facts are in the order of the workload’s images, whoever answers first', async (t) => {
  const slow = held<Probe>()
  const counted = countedPorts(async (reference) =>
    nameOf(reference).endsWith('/a') ? slow.port() : probeOf(attemptOf(tagAbsent)),
  )
  const facts = inquire(workloadWithImages(three), counted)
  await turn()
  slow.answer(probeOf(attemptOf(found)))
  t.strictSame(ends(await facts), ['found', 'absent', 'absent'])
  t.strictSame(
    (await facts).images.map(({ use }) => use.image),
    three,
  )
})

t.test('an image that hangs is late for itself alone', async (t) => {
  const hanging = held<Probe>()
  const counted = countedPorts(async (reference) =>
    nameOf(reference).endsWith('/b') ? hanging.port() : probeOf(attemptOf(tagAbsent)),
  )
  const deadline = new AbortController()
  const facts = inquire(workloadWithImages(three), counted, { context: contextOf({ signal: deadline.signal }) })
  await turn()
  deadline.abort()
  t.strictSame(ends(await facts), ['absent', 'deadline-exceeded', 'absent'])
  t.match((await facts).images[1]?.probe?.attempts[0]?.hosts, [{ host: 'reg.example', requests: [] }])
})

t.test('a hanging question that fails after the deadline disturbs nobody', async (t) => {
  const deadline = new AbortController()
  const late: ProbePort = (_reference, _credentials, _wantIndex, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => setImmediate(reject, new Error('too late')))
    })
  const facts = inquire(workloadWithImages(three), countedPorts(late), {
    context: contextOf({ signal: deadline.signal }),
  })
  await turn()
  deadline.abort()
  t.strictSame(
    ends(await facts),
    three.map(() => 'deadline-exceeded'),
  )
  await turn()
  await turn()
})

t.test('what is remembered is used even after the deadline', async (t) => {
  const facts = await inquire(workloadWithImages(three), countedPorts(), {
    context: contextOf({ signal: AbortSignal.abort() }),
  })
  t.strictSame(ends(facts), ['found', 'found', 'found'])
})

t.test('no listener stays behind on a signal that outlives the question', async (t) => {
  const signal = new AbortController().signal
  let listening = 0
  t.capture(signal, 'addEventListener', () => (listening += 1))
  t.capture(signal, 'removeEventListener', () => (listening -= 1))
  await inquire(workloadWithImages(three), countedPorts(), { context: contextOf({ signal }) })
  t.equal(listening, 0)
})

const hangingSecrets = async (workload: Workload) => {
  const deadline = new AbortController()
  const counted = countedPorts(undefined, held<ReturnType<typeof credentialsOf>>().port)
  const facts = inquire(workload, counted, { context: contextOf({ signal: deadline.signal }) })
  await turn()
  deadline.abort()
  return { facts: await facts, images: counted.images() }
}
const named = (kind: string) => workloadFor(kind, podSpec({ imagePullSecrets: [{ name: 'a' }, { name: 'b' }] }))

t.test('pull secrets that hang are unverified, and no image is asked about without them', async (t) => {
  const { facts, images } = await hangingSecrets(named('Deployment'))
  t.match(facts.credentials, {
    secrets: [
      { name: 'a', state: 'unverified', why: 'the cluster did not answer in time' },
      { name: 'b', state: 'unverified' },
    ],
    serviceAccount: { name: 'default', state: 'unused' },
  })
  t.strictSame([ends(facts), images], [['secret-unread'], []])
})

t.test('a template that names none waits for its account’s in vain', async (t) => {
  const { facts, images } = await hangingSecrets(workloadFor('Deployment'))
  t.match(facts.credentials, { secrets: [], serviceAccount: { state: 'unverified' } })
  t.strictSame([ends(facts), images], [['secret-unread'], []])
})

const mixed = podSpec({
  containers: [
    { name: 'never', image: 'reg.example/never:v1', imagePullPolicy: 'Never' },
    { name: 'blank', image: ' ' },
    { name: 'wrong', image: 'reg.example/Wrong:v1' },
    { name: 'asked', image: 'reg.example/asked:v1' },
  ],
})

t.test('images that are not asked about', async (t) => {
  const counted = countedPorts()
  t.strictSame(ends(await inquire(workloadFor('Deployment', mixed), counted)), [
    'never-pulled',
    'blank',
    'reference-invalid',
    'found',
  ])
  t.strictSame(counted.images(), ['reg.example/asked:v1'])
  const ofPod = await inquire(workloadFor('Pod', mixed), countedPorts())
  t.equal(ends(ofPod)[1], 'reference-invalid', 'nobody will fill in a blank in a Pod')
})

const without =
  (...ignored: readonly CheckId[]) =>
  (check: CheckId) =>
    !ignored.includes(check)
const neverOnly = workloadWithImages(['Not:valid'])

const switchedOff: readonly (readonly [
  what: string,
  workload: Workload,
  ignored: readonly CheckId[],
  asked: readonly string[],
])[] = [
  ['both checks on', workloadWithImages(['reg.example/a:v1']), [], ['credentials', 'probe']],
  ['no question about images', workloadWithImages(['reg.example/a:v1']), ['image-pullable'], ['credentials']],
  ['secrets still open images', workloadWithImages(['reg.example/a:v1']), ['pull-secrets'], ['credentials', 'probe']],
  ['neither', workloadWithImages(['reg.example/a:v1']), ['image-pullable', 'pull-secrets'], []],
  ['no image to ask about, secrets to check', neverOnly, [], ['credentials']],
  ['no image to ask about and no secrets to check', neverOnly, ['pull-secrets'], []],
]

t.test('a check that is switched off asks nobody', async (t) => {
  for (const [what, workload, ignored, asked] of switchedOff) {
    const counted = countedPorts()
    const facts = await inquire(workload, counted, { isActive: without(...ignored) })
    t.strictSame(
      counted.asked.map(({ port }) => port),
      asked,
      what,
    )
    if (ignored.includes('image-pullable')) t.strictSame(ends(facts), ['check-ignored'], what)
  }
})

type Known = readonly [
  what: string,
  secrets: readonly SecretFact[],
  account: ServiceAccountFact | undefined,
  end: string,
]
const cashier = (state: ServiceAccountFact['state']): ServiceAccountFact => ({ name: 'cashier', state })
const malformed: SecretFact = { ...secretField, state: 'malformed', where: 'data', why: 'it is not JSON' }
const unread: SecretFact = { ...secretField, state: 'unreadable' }
const knowns: readonly Known[] = [
  ['usable', [usableSecret], undefined, 'found'],
  ['absent', [absentSecret], undefined, 'found'],
  ['ignored', [{ ...secretField, state: 'ignored', type: 'Opaque' }], undefined, 'found'],
  ['malformed', [usableSecret, malformed], undefined, 'secret-malformed'],
  ['unreadable', [usableSecret, unread], undefined, 'secret-unread'],
  ['unverified', [{ ...secretField, state: 'unverified', why: 'x' }], undefined, 'secret-unread'],
  ['malformed beside unreadable: the node fails anyway', [unread, malformed], undefined, 'secret-malformed'],
  ['account read', [], cashier('read'), 'found'],
  ['account absent', [], cashier('absent'), 'found'],
  ['account unreadable', [], cashier('unreadable'), 'secret-unread'],
  ['account unverified', [], cashier('unverified'), 'secret-unread'],
]

t.test('without every secret of the pod no registry is asked', async (t) => {
  for (const [what, secrets, account, end] of knowns) {
    const counted = countedPorts(undefined, async () => credentialsOf(secrets, account))
    t.strictSame(ends(await inquire(workloadWithImages(['reg.example/a:v1']), counted)), [end], what)
    t.equal(counted.images().length, end === 'found' ? 1 : 0, what)
  }
})

t.test('an image is asked about with what matches its name, and never for an index', async (t) => {
  const shown: unknown[] = []
  const probe: ProbePort = async (reference, credentials, wantIndex) => {
    shown.push([nameOf(reference), credentials.map(({ label }) => label), wantIndex])
    return probeOf(attemptOf(found))
  }
  const keyring = keyringFor('reg.example')
  const counted = countedPorts(probe, async () => credentialsOf([usableSecret], undefined, keyring))
  await inquire(workloadWithImages(['reg.example/a:v1', 'quay.example/b:v1']), counted)
  t.strictSame(shown, [
    ['reg.example/a', ['secret/shop/regcred'], false],
    ['quay.example/b', [], false],
  ])
})

t.test('of a refused image it is known whether the nodes may have credentials', async (t) => {
  const counted = countedPorts(async () => probeOf(attemptOf(refused('anonymous'))))
  const facts = await inquire(workloadWithImages(['reg.example/a:v1', 'quay.example/b:v1']), counted, {
    nodeCredentials: (name) => name.startsWith('quay.example/'),
  })
  t.strictSame(
    facts.images.map(({ nodeCredentials }) => nodeCredentials),
    [false, true],
  )
})

t.test('memory that has no answer says so', async (t) => {
  const context = contextOf({ reach: 'memory' })
  const forgetful = countedPorts(nothingRemembered, nothingRemembered)
  t.strictSame(ends(await inquire(workloadFor('Pod', mixed), forgetful, { context })), [
    'never-pulled',
    'reference-invalid',
    'reference-invalid',
    'not-remembered',
  ])
  t.strictSame(forgetful.images(), [], 'without credentials there is nothing to look up')
  const half = countedPorts(nothingRemembered)
  t.strictSame(
    ends(await inquire(workloadWithImages(three), half, { context })),
    three.map(() => 'not-remembered'),
  )
  t.ok(half.asked.every(({ context }) => context.reach === 'memory'))
})

t.test('exactly one of probe and unasked is there', async (t) => {
  const { images } = await inquire(workloadFor('Deployment', mixed), countedPorts())
  for (const image of images) t.equal((image.probe === undefined) !== (image.unasked === undefined), true)
})

t.test('a port that throws is a fault, and nobody here hides it', async (t) => {
  const fault = new Error('the disk is full')
  const failing = async () => Promise.reject(fault)
  const throwing = () => {
    throw fault
  }
  await t.rejects(inquire(workloadWithImages(three), countedPorts(failing)), fault)
  await t.rejects(inquire(workloadWithImages(three), countedPorts(throwing)), fault)
  await t.rejects(inquire(workloadWithImages(three), countedPorts(undefined, failing)), fault)
  await t.rejects(inquire(workloadWithImages(three), countedPorts(undefined, throwing)), fault)
})
