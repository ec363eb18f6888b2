/** The configuration of the built program, changed while it serves, and the way past its denials. */
import t from 'tap'
import { request } from 'undici'
import { accessReviewPath } from '../support/api-server.ts'
import { until } from '../support/until.ts'
import { configFor, openWorld, reviewOf, tenMistakes, type World } from './served-world.ts'

const textOf = async (url: string): Promise<string> => {
  const { body } = await request(url)
  return body.text()
}

const logged = async ({ pullgate }: World, text: string, times = 1): Promise<void> => {
  await until({ what: `"${text}" in the log`, limitMs: 20_000 }, async () =>
    (await pullgate.log()).split(text).length > times ? true : undefined,
  )
}

const exchanged = 'configuration exchanged'
const refused = 'the changed configuration is refused'

t.test('a good change counts from the next request on', async (t) => {
  const world = await openWorld(t)
  const { pullgate, registry, post } = world
  const absent = reviewOf(`${registry.host}/shop/pay:v1`)
  t.match(await post(absent), { text: /"allowed":false/ })

  await pullgate.changeConfig(configFor('suspended: true\n'))
  await logged(world, exchanged)
  const before = registry.requests.length
  t.match(await post(absent), { text: /"allowed":true/ })
  t.equal(registry.requests.length, before, 'suspended: nobody is asked')

  await pullgate.changeConfig(configFor('causes: {credential-missing: warn}\n'))
  await logged(world, exchanged, 2)
  t.match(await post(absent), { text: /"allowed":true.*"warnings"/ })
  t.match(await textOf(`${pullgate.metricsUrl}/metrics`), /pullgate_config_reloads_total\{outcome="success"\} 2/)
})

t.test('a change of registries gives new ones, and what was under way ends with the old ones', async (t) => {
  const world = await openWorld(t)
  const { pullgate, registry, post } = world
  const review = reviewOf(`${registry.host}/shop/pay:v1`)
  const asking = Promise.all(Array.from({ length: 8 }, () => post(review)))
  await pullgate.changeConfig(
    configFor('cache: {refused: 0s}\n').replace('{allow: [127.0.0.0/8]}', '{deny: [127.0.0.1]}'),
  )
  await logged(world, exchanged)
  for (const answer of await asking) t.match(answer, { status: 200, text: /credential-missing|address-denied/ })
  t.match(await post(review), { status: 200, text: /"allowed":true.*address-denied/ })
  await pullgate.changeConfig(configFor())
  await logged(world, exchanged, 2)
  t.match(await post(review), { status: 200, text: /"allowed":false.*credential-missing/ })
})

t.test('a bad change is told, counted, shown, and changes nothing', async (t) => {
  const world = await openWorld(t)
  const { pullgate, registry, post } = world
  const verbose = async (): Promise<string> => textOf(`${pullgate.metricsUrl}/readyz?verbose`)
  t.match(await verbose(), /\[\+\]configuration ok/)

  await pullgate.changeConfig(tenMistakes)
  await logged(world, refused)
  const line = (await pullgate.log()).split('\n').find((text) => text.includes(refused)) ?? '{}'
  const { mistakes } = JSON.parse(line) as { mistakes: string[] }
  t.equal(mistakes.length, 10)
  for (const mistake of mistakes) t.match(mistake, /config\.yaml:\d+:\d+: \S/)
  t.match(await post(reviewOf(`${registry.host}/shop/pay:v1`)), { text: /"allowed":false/ }, 'as before')
  t.match(await verbose(), /\[-\]configuration failed: the changed file is refused[^]*readyz check passed/)
  t.equal(await textOf(`${pullgate.metricsUrl}/readyz`), 'ok', 'and still ready')
  t.match(await textOf(`${pullgate.metricsUrl}/metrics`), /pullgate_config_reloads_total\{outcome="failure"\} 1/)

  await pullgate.changeConfig(configFor('registries2: {}\n'))
  await logged(world, refused, 2)
  await pullgate.changeConfig(configFor())
  await logged(world, 'again the one in use')
  t.match(await verbose(), /\[\+\]configuration ok/)
})

t.test('exemptions leave a trace', async (t) => {
  const world = await openWorld(t)
  const { pullgate, registry, post } = world
  await pullgate.changeConfig(configFor('exemptions: {usernames: [alice]}\n'))
  await logged(world, exchanged)
  const before = registry.requests.length
  t.match(await post(reviewOf(`${registry.host}/shop/pay:v1`)), { text: /"allowed":true.*"exempt":"user"/ })
  t.equal(registry.requests.length, before)
  t.match(await textOf(`${pullgate.metricsUrl}/metrics`), /pullgate_exemptions_total\{kind="user"\} 1/)
  t.match(await pullgate.log(), /"decision":"allowed","outcome":"exempt"/)
})

t.test('the bypass: with the verb admitted, without it judged and told so, and the denial names it', async (t) => {
  const { api, pullgate, registry, post } = await openWorld(t)
  const image = `${registry.host}/shop/pay:v1`
  const asked = (): number => api.requests.filter(({ path }) => path === accessReviewPath).length
  t.match(await post(reviewOf(image)), { text: /annotate it with pullgate\.dev\/bypass/ })
  t.equal(asked(), 0, 'nobody is asked without the annotation')

  const bypassing = reviewOf(image, undefined, { 'pullgate.dev/bypass': 'INC-4711' })
  t.match(await post(bypassing), { text: /"allowed":false.*alice does not hold the verb bypass/ })
  api.fail('POST', accessReviewPath, 'forbidden', 1)
  t.match(await post(bypassing), { text: /"allowed":false.*not known whether alice holds the verb/ })
  api.grantBypass('alice', 'shop')
  const { text } = await post(bypassing)
  t.match(text, /"allowed":true.*Admitted by pullgate\.dev\/bypass.*INC-4711/)
  t.match(text, /"bypass":"INC-4711"/)
  t.equal(asked(), 3)
  t.match(await textOf(`${pullgate.metricsUrl}/metrics`), /pullgate_exemptions_total\{kind="bypass"\} 1/)
  t.match(await pullgate.log(), /"outcome":"bypassed".*"bypass":"INC-4711"/)
})
