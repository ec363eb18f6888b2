/** The configuration file, read again when it changes: a good change is served with, a bad one is told and left alone. */
import type { Config } from '../config.ts'
import type { Log } from '../webhook/decision-log.ts'
import type { Condition } from '../webhook/health.ts'
import { watchFiles } from '../webhook/watched-files.ts'
import { type LoadedConfig, loadConfig } from './serve-flags.ts'

export type ReloadOptions = {
  readonly path: string
  /** What is served with now. */
  readonly loaded: LoadedConfig
  /** Throws where nothing can be made of it; then the old one stays. */
  readonly use: (config: Config) => void
  readonly log: Log
  readonly count: (outcome: 'success' | 'failure') => void
}

export type ConfigReload = { readonly conditions: () => readonly Condition[]; readonly stop: () => void }

const whyRefused =
  'the changed file is refused and the configuration before it stays in use; the log names the mistakes'

export const followConfig = ({ path, loaded, use, log, count }: ReloadOptions): ConfigReload => {
  let used = loaded.source
  // The same bad file is one line in the log, not one every ten seconds.
  let refused = ''

  const take = async (): Promise<void> => {
    const { config, source } = await loadConfig(path)
    if (source !== used) {
      use(config)
      used = source
      count('success')
      log.info(
        { config: path, mode: config.policy.mode, suspended: config.policy.suspended },
        'configuration exchanged',
      )
    } else if (refused !== '') {
      log.info({ config: path }, 'the configuration file is again the one in use')
    }
    refused = ''
  }
  const read = async (): Promise<void> => {
    try {
      await take()
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown'
      if (why === refused) return
      refused = why
      count('failure')
      log.error(
        { config: path, mistakes: why.split('\n') },
        'the changed configuration is refused, the running one stays',
      )
    }
  }
  const watch = watchFiles([path], read)
  return {
    conditions: () => [
      // The server answers as well as before: to take it away for this would turn a typing mistake into an outage.
      { name: 'configuration', ok: refused === '', why: whyRefused, advisory: true },
    ],
    stop: watch.stop,
  }
}
