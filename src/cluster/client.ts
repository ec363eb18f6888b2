/** Questions to the API server: each has a deadline, is observed, and is answered by a value. */
import type { ConfigurationOptions } from '@kubernetes/client-node'
import { AdmissionregistrationV1Api, AuthorizationV1Api, CoreV1Api, Observable } from '@kubernetes/client-node'
import type { Observer } from '../core/facts.ts'
import type { Answer, WriteAnswer } from './answer.ts'
import { codeOf, isConflict, sentenceOf, troubleOf } from './answer.ts'
import type { ConnectionOptions } from './connection.ts'
import { loadKubeConfig } from './connection.ts'

export type ClusterApis = {
  readonly core: CoreV1Api
  readonly admissionregistration: AdmissionregistrationV1Api
  readonly authorization: AuthorizationV1Api
}

/** `options` carry the deadline and have to be handed to client-node. */
export type Call<T> = (apis: ClusterApis, options: CallOptions) => Promise<T>
export type CallOptions = ConfigurationOptions

export type ClusterClient = {
  /** Where the API server is, for the address guard. */
  readonly server: string
  /** The namespace of the current context: in a Pod its own. */
  readonly namespace: string | undefined
  /** `resource` is the plural name, for metrics. */
  readonly ask: <T>(resource: string, call: Call<T>) => Promise<Answer<T>>
  readonly write: (resource: string, call: Call<unknown>) => Promise<WriteAnswer>
  readonly close: () => Promise<void>
}

export type ClientOptions = ConnectionOptions & {
  /** For one call, connecting and reading the whole answer included. */
  readonly deadlineMilliseconds?: number
}

// Somewhat longer than the API server waits for a review: an answer that comes too late for one still serves the next.
const defaultDeadlineMilliseconds = 10_000

/** Throws an Error with a sentence where there is no usable kubeconfig; asks nothing yet. */
export const createClusterClient = (options: ClientOptions, observe: Observer): ClusterClient => {
  const config = loadKubeConfig(options)
  const apis = {
    core: config.makeApiClient(CoreV1Api),
    admissionregistration: config.makeApiClient(AdmissionregistrationV1Api),
    authorization: config.makeApiClient(AuthorizationV1Api),
  }
  const deadline = options.deadlineMilliseconds ?? defaultDeadlineMilliseconds

  const observed = async <T>(resource: string, call: Call<T>): Promise<T> => {
    const start = performance.now()
    const report = (code: string): void => {
      observe({ kind: 'cluster-request', resource, code, seconds: (performance.now() - start) / 1000 })
    }
    try {
      const value = await within(deadline, (signal) => call(apis, withSignal(signal)))
      report('200')
      return value
    } catch (error) {
      report(codeOf(error))
      throw error
    }
  }

  return {
    server: config.getCurrentCluster()?.server ?? '',
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    ask: async (resource, call) => {
      try {
        return { state: 'found', value: await observed(resource, call) }
      } catch (error) {
        return troubleOf(error)
      }
    },
    write: async (resource, call) => {
      try {
        await observed(resource, call)
        return { state: 'written' }
      } catch (error) {
        return isConflict(error) ? { state: 'conflict', why: sentenceOf(error) } : troubleOf(error)
      }
    },
    close: async () => config.close(),
  }
}

/** The signal ends the request; the race ends what comes before it, such as a credential plugin that hangs. */
const within = async <T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const reason = new DOMException('the deadline has passed', 'TimeoutError')
      ending.abort(reason)
      reject(reason)
    }, milliseconds)
  })
  try {
    return await Promise.race([work(ending.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

// An array of its own for each call: client-node reverses the one it is given, and appends this one to its own.
const withSignal = (signal: AbortSignal): CallOptions => ({
  middlewareMergeStrategy: 'append',
  middleware: [
    {
      pre: (request) => {
        request.setSignal(signal)
        return new Observable(Promise.resolve(request))
      },
      post: (response) => new Observable(Promise.resolve(response)),
    },
  ],
})
