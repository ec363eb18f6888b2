/** What is served with: one configuration and all that is made of it, exchanged as a whole while requests come in. */
import { isDeepStrictEqual } from 'node:util'
import { createBypassPort } from '../cluster/bypass.ts'
import type { Config } from '../config.ts'
import type { Mode } from '../core/policy.ts'
import type { Fault, Judge } from '../webhook/judge.ts'
import { type AdapterSettings, type Adapters, createAdapters, type Surroundings } from './adapters.ts'
import { createFault, createJudge } from './judge.ts'

export type Serving = {
  readonly judge: Judge
  readonly fault: Fault
  readonly mode: () => Mode
  /** From the next request on. Throws, and goes on with the old one, where nothing can be made of it. */
  readonly use: (config: Config) => void
  readonly close: () => Promise<void>
}

type Current = { readonly config: Config; readonly adapters: Adapters; readonly judge: Judge; readonly fault: Fault }

const settingsIn = ({ registries, cache, limits }: Config): AdapterSettings => ({ registries, cache, limits })

export const createServing = (first: Config, surroundings: Surroundings): Serving => {
  const bypass = createBypassPort(surroundings.client)
  const made = new Set<Adapters>()

  const adaptersFor = (config: Config, before: Current | undefined): Adapters => {
    const settings = settingsIn(config)
    if (before !== undefined && isDeepStrictEqual(settings, before.adapters.settings)) return before.adapters
    // Forgotten once they are closed: with them goes all that they remember.
    const adapters: Adapters = createAdapters(settings, surroundings, () => made.delete(adapters))
    made.add(adapters)
    return adapters
  }
  const build = (config: Config, before?: Current): Current => {
    const { policy, nodeCredentials, proxyCaches } = config
    const adapters = adaptersFor(config, before)
    const evaluator = { ports: adapters.ports, nodeCredentials, proxyCaches, now: () => new Date().toISOString() }
    const judge = createJudge(policy, evaluator, bypass)
    return {
      config,
      adapters,
      judge: (...request) => adapters.during(() => judge(...request)),
      fault: createFault(policy),
    }
  }

  let current = build(first)
  return {
    judge: (...request) => current.judge(...request),
    fault: (...request) => current.fault(...request),
    mode: () => current.config.policy.mode,
    use: (config) => {
      const before = current
      current = build(config, before)
      if (current.adapters !== before.adapters) before.adapters.retire()
    },
    close: async () => {
      await Promise.all([...made].map(({ close }) => close()))
    },
  }
}
