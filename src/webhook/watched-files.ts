/**
 * Files that are exchanged under a running server. Kubernetes exchanges mounted Secrets and ConfigMaps by moving the
 * symlink `..data`, so the files themselves never change: their directories are watched, and looked at from time to
 * time as well, since watching is not possible everywhere (network file systems, spent inotify limits).
 */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

export type FileWatch = {
  /** Looks at once; settles when what was found then is in use or refused. */
  readonly look: () => Promise<void>
  readonly stop: () => void
}

const usualPollMilliseconds = 10_000
const settleMilliseconds = 200

const watchDirectories = (files: readonly string[], changed: () => void): readonly FSWatcher[] =>
  [...new Set(files.map((file) => dirname(file)))].flatMap((directory) => {
    try {
      const watcher = watch(directory, { persistent: false }, changed)
      // The directory may go away; the poll goes on.
      watcher.on('error', () => {
        watcher.close()
      })
      return [watcher]
    } catch {
      return []
    }
  })

/** `read` never rejects; it is told that something may have changed, and finds out itself whether it did. */
export const watchFiles = (
  files: readonly string[],
  read: () => Promise<void>,
  pollMilliseconds: number = usualPollMilliseconds,
): FileWatch => {
  // One reading at a time; a change during it asks for another one after it.
  let reading = Promise.resolve()
  const look = (): Promise<void> => {
    reading = reading.then(read)
    return reading
  }
  let settling: NodeJS.Timeout | undefined
  // A file written in place is empty, and then half there, before it is whole.
  const changed = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined
      void look()
    }, settleMilliseconds)
  }
  const watchers = watchDirectories(files, changed)
  const poll = setInterval(changed, pollMilliseconds)
  poll.unref()
  return {
    look,
    stop: () => {
      clearInterval(poll)
      clearTimeout(settling)
      for (const watcher of watchers) watcher.close()
    },
  }
}
