import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuardedDirectory } from './guarded-directory.ts'

export type ServerProcess = {
  pid: number
  /** Aborted when the process has ended, for whatever reason; the reason carries the end of its log. */
  ended: AbortSignal
  log: () => Promise<string>
  stop: () => Promise<void>
}

export type ServerCommand = { name: string; binary: string; args: string[]; env?: Record<string, string> }

/** Starts a server that writes its log into the directory and ends with it. Says nothing about readiness. */
export async function startServerProcess(directory: GuardedDirectory, command: ServerCommand): Promise<ServerProcess> {
  const logFile = join(directory.path, `${command.name}.log`)
  const logHandle = await open(logFile, 'a')
  const ending = new AbortController()
  const log = async () => readFile(logFile, 'utf8').catch(() => '')
  const child = spawn(command.binary, command.args, {
    cwd: directory.path,
    // Nothing else is inherited: a proxy variable, for one, would send the API server's webhook calls astray.
    env: { PATH: process.env['PATH'] ?? '', HOME: directory.path, TMPDIR: directory.path, ...command.env },
    detached: true,
    stdio: ['ignore', logHandle.fd, logHandle.fd],
  })
  const ended = new Promise<void>((resolve) => {
    const end = async (how: string) => {
      ending.abort(new Error(`${command.name} ${how}; the end of its log:\n${lastLines(await log(), 15)}`))
      resolve()
    }
    child.once('error', (error) => void end(`did not start (${error.message})`))
    child.once('exit', (status, signal) => void end(`ended with ${signal ?? `status ${status ?? '?'}`}`))
  })
  await logHandle.close()
  const { pid } = child
  if (pid === undefined) {
    await ended
    throw ending.signal.reason
  }
  directory.adopt(pid)
  child.unref()
  return {
    pid,
    ended: ending.signal,
    log,
    stop: async () => {
      child.ref()
      // Nothing of a test is worth an orderly end, which takes an API server seconds.
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
      await ended
    },
  }
}

export const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n')
