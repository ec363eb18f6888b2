import { open, rm, stat, utimes } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const heartbeatMs = 2_000
const staleMs = 15_000

/**
 * Runs the work while no other process runs work under the same lock file. The holder's heartbeat is the file's time, so
 * a lock whose holder died is taken over. Two that take over at once both work: the work must bear that, and only wastes time.
 */
export async function underLock<T>(lockFile: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  let told = false
  while (!(await take(lockFile))) {
    if (await isStale(lockFile)) await rm(lockFile, { force: true })
    else {
      if (!told) onWait()
      told = true
      await pause(500)
    }
  }
  const heartbeat = setInterval(() => void beat(lockFile), heartbeatMs)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    await rm(lockFile, { force: true })
  }
}

async function take(lockFile: string): Promise<boolean> {
  try {
    await (await open(lockFile, 'wx')).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isStale(lockFile: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(lockFile)).mtimeMs > staleMs
  } catch {
    return false // Gone in the meantime: the next attempt to take it decides.
  }
}

async function beat(lockFile: string): Promise<void> {
  const now = new Date()
  await utimes(lockFile, now, now).catch(() => undefined)
}
