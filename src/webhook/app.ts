/** The HTTP face of the webhook: which requests there are, and what every other request is told. */
import type { Server, ServerOptions } from 'node:https'
import { finished } from 'node:stream/promises'
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { type AdmissionOptions, answerAdmission, noteArrival } from './admission-route.ts'
import { type HealthAnswer, isVerbose, livez, type Readiness, readyz } from './health.ts'
import { bodyLimit, type Refusal, refusalOf, statusBody } from './refusals.ts'
import { reviewSchema } from './review.ts'

export type AppOptions = AdmissionOptions & {
  readonly readiness: Readiness
  /** From the moment it says yes every reply asks its client to connect anew, elsewhere. */
  readonly isStopping?: () => boolean
  /** `null`: plain HTTP, for measuring without TLS. */
  readonly https: ServerOptions | null
}

export type App = FastifyInstance<Server>

// The API server's idle connections live 90 s; whoever closes first must be the client, as a POST that meets a closing
// connection is not sent again (Go's net/http transport).
const keepAliveMilliseconds = 120_000
// No admission lasts longer than 30 s, and its body is a few megabytes from a neighbour.
const requestMilliseconds = 40_000
const discardMilliseconds = 2000

const modes = ['enforce', 'warn', 'audit'] as const
const allowedMethods: Readonly<Record<string, string>> = {
  '/validate': 'POST',
  ...Object.fromEntries(modes.map((mode) => [`/validate/${mode}`, 'POST'])),
  '/livez': 'GET, HEAD',
  '/readyz': 'GET, HEAD',
}

const refuse = (reply: FastifyReply, refusal: Refusal): FastifyReply =>
  reply.code(refusal.code).type('application/json').send(statusBody(refusal))

/**
 * A client still sends its body while it is refused. Closing on it would reset the connection, and often the client
 * would see that instead of the answer; so what is on its way is read and thrown away, for a moment.
 */
const discardBody = async ({ raw }: FastifyRequest): Promise<void> => {
  if (raw.readableEnded || raw.destroyed) return
  raw.resume()
  await finished(raw, { signal: AbortSignal.timeout(discardMilliseconds) }).catch(() => undefined)
}

const refuseUnknownRoute = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  await discardBody(request)
  const path = request.url.split('?', 1)[0] ?? ''
  const allow = Object.hasOwn(allowedMethods, path) ? allowedMethods[path] : undefined
  if (allow === undefined) refuse(reply, { code: 404, message: 'no such path' })
  else
    refuse(reply.header('allow', allow), {
      code: 405,
      message: `${request.method} is not allowed here; use ${allow}`,
    })
}

const sendHealth = (reply: FastifyReply, { code, text }: HealthAnswer): FastifyReply =>
  reply.code(code).type('text/plain; charset=utf-8').send(text)

/** For a URL that cannot be decoded, which never reaches a route. */
const refuseUrl = (_: FastifyError, __: FastifyRequest, reply: FastifyReply): void => {
  refuse(reply, { code: 400, message: 'the URL is not valid' })
}

const createServer = (https: ServerOptions | null): App =>
  fastify({
    https,
    bodyLimit,
    frameworkErrors: refuseUrl,
    // One line per decision is ours to write; fastify would write two per request.
    logger: false,
    keepAliveTimeout: keepAliveMilliseconds,
    requestTimeout: requestMilliseconds,
    // While stopping, requests that still arrive are answered like any other.
    return503OnClosing: false,
    // A key such as "__proto__" is legal in maps that users fill (volume attributes), and JSON.parse makes it a property
    // like any other. Refusing the review would let the object pass unjudged wherever failurePolicy is Ignore.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // The defaults edit the body: unknown keys go, types change, defaults come.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
  })

const addAdmissionRoutes = (app: App, options: AppOptions): void => {
  const schema = { body: reviewSchema }
  app.post('/validate', { schema }, answerAdmission(options, undefined))
  for (const mode of modes) app.post(`/validate/${mode}`, { schema }, answerAdmission(options, mode))
}

export const createApp = (options: AppOptions): App => {
  const app = createServer(options.https)
  app.removeContentTypeParser('text/plain')
  // Callbacks, since these run for every admission and an async hook costs a promise each.
  app.addHook('onRequest', (request, reply, done) => {
    noteArrival(request)
    if (request.is404) void refuseUnknownRoute(request, reply)
    else done()
  })
  app.addHook('onSend', (_, reply, payload, done) => {
    if (options.isStopping?.() === true) reply.header('connection', 'close')
    done(null, payload)
  })
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    await discardBody(request)
    const refusal = refusalOf(error, request.body)
    if (refusal.code >= 500) options.log.error({ err: error }, 'a request failed')
    return refuse(reply, refusal)
  })
  addAdmissionRoutes(app, options)
  app.get('/livez', async (_, reply) => sendHealth(reply, livez()))
  app.get('/readyz', async (request, reply) => sendHealth(reply, readyz(options.readiness(), isVerbose(request.query))))
  return app
}
