import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { Credential, Login } from '../../src/core/credential.ts'

const username = 'robot-4711'
const password = 'hunter2-hunter2'
const login = new Login(username, password)
const credential = new Credential({ label: 'secret/shop/regcred', matchedKey: 'quay.io', login })

const written = (write: (stream: PassThrough) => void): string => {
  const stream = new PassThrough()
  write(stream)
  return String(stream.read() as Buffer | null)
}

const waysToPrint: Readonly<Record<string, (value: Login | Credential) => string>> = {
  'JSON.stringify': (value) => JSON.stringify({ value, list: [value] }),
  'String()': (value) => String(value),
  'a template': (value) => `tried ${value as unknown as string}`,
  concatenation: (value) => 'tried ' + (value as unknown as string),
  'util.inspect': (value) => inspect({ value }, { depth: Infinity }),
  'util.inspect, everything': (value) => inspect(value, { showHidden: true, getters: true, depth: Infinity }),
  'util.inspect without hooks': (value) => inspect(value, { customInspect: false, showHidden: true, getters: true }),
  'util.format': (value) => format('%s %o %O %j', value, value, value, value),
  console: (value) =>
    written((stream) => {
      new Console(stream).log(value, { value })
    }),
  'console.table': (value) =>
    written((stream) => {
      new Console(stream).table([value])
    }),
  pino: (value) =>
    written((stream) => {
      pino(stream).info(Object.assign({ value }, value), 'tried')
    }),
  spreading: (value) => JSON.stringify(Object.assign({}, value)),
  'own properties': (value) => JSON.stringify(Object.getOwnPropertyDescriptors(value)),
  'structured clone': (value) => inspect(structuredClone(Object.assign({}, value)), { showHidden: true }),
}

t.test('no way of printing shows the secret part', async (t) => {
  for (const [way, print] of Object.entries(waysToPrint)) {
    for (const value of [login, credential]) {
      const text = print(value)
      t.notOk(text.includes(username) || text.includes(password), `${way}: ${value.constructor.name}`)
    }
  }
})

t.test('an error that carries a credential does not show it', async (t) => {
  const text = inspect(new Error('refused', { cause: credential }), { depth: Infinity })
  t.notMatch(text, password)
  t.match(text, 'secret/shop/regcred')
})

t.test('what may be shown is shown', async (t) => {
  t.equal(JSON.stringify(credential), '{"label":"secret/shop/regcred","matchedKey":"quay.io"}')
  t.equal(String(credential), 'secret/shop/regcred')
  t.equal(inspect(credential), '[credential secret/shop/regcred]')
  t.equal(JSON.stringify({ login }), '{}')
})

t.test('it is revealed when asked', async (t) => {
  t.strictSame(credential.reveal(), { username, password })
  t.strictSame(login.reveal(), { username, password })
})

t.test('without a user name it is anonymous, with a password or without', async (t) => {
  const isAnonymous = (login: Login) => new Credential({ label: 'x', matchedKey: 'x', login }).isAnonymous
  t.equal(isAnonymous(new Login('', '')), true)
  t.equal(isAnonymous(new Login('', 'password')), true)
  t.equal(isAnonymous(new Login('user', '')), false)
})

t.test('marks are off unless set', async (t) => {
  t.equal(credential.viaHubFallback, false)
  t.equal(credential.isMisencoded, false)
  const marked = new Credential({ label: 'x', matchedKey: 'x', login: new Login('u', 'p', true), viaHubFallback: true })
  t.equal(marked.viaHubFallback, true)
  t.equal(marked.isMisencoded, true)
})

t.test('whatever the password is, it is not printed', async (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), (secret) => {
      const value = new Credential({ label: 'L', matchedKey: 'K', login: new Login(secret, secret) })
      const printed = JSON.stringify(value) + String(value) + inspect(value, { showHidden: true })
      const withoutSecret = '{"label":"L","matchedKey":"K"}L[credential L]'
      return printed === withoutSecret
    }),
  )
  t.pass()
})
