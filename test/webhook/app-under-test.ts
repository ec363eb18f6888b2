import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type App, type AppOptions, createApp } from '../../src/webhook/app.ts'
import type { Answered } from '../../src/webhook/decision-log.ts'
import { decision, finding, judged } from './findings.ts'

type Line = { level: string; message: string; fields: Record<string, unknown> }

export const recordingLog = () => {
  const lines: Line[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } })
  }
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } }
}

export const json: Record<string, string> = { 'content-type': 'application/json' }

/** An app over plain HTTP that allows everything, closed when the test ends. */
export const appUnderTest = (t: Test, changes: Partial<AppOptions> = {}) => {
  const { lines, log } = recordingLog()
  const answered: Answered[] = []
  const app = createApp({
    judge: async () => judged(),
    fault: (_, __, error) =>
      judged({
        outcome: 'fault',
        decision: decision({ warnings: [finding({ message: (error as Error).message, image: '' })] }),
      }),
    log,
    readiness: () => [{ name: 'certificate', ok: true }],
    onAnswered: (answer) => answered.push(answer),
    https: null,
    ...changes,
  })
  t.teardown(() => app.close())
  return { app, lines, answered }
}

export const post = async (app: App, body: string | Buffer, { url = '/validate/enforce', headers = json } = {}) =>
  app.inject({ method: 'POST', url, payload: body, headers })

/** Listens, since some things only a real connection shows. */
export const portOf = async (app: App): Promise<number> => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}
