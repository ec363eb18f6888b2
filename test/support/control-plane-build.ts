import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { makeGuardedDirectory } from './guarded-directory.ts'

export const programs = {
  kubeApiserver: { file: 'kube-apiserver', goPackage: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  kubeControllerManager: {
    file: 'kube-controller-manager',
    goPackage: 'k8s.io/kubernetes/cmd/kube-controller-manager',
  },
  kubectl: { file: 'kubectl', goPackage: 'k8s.io/kubernetes/cmd/kubectl' },
  etcd: { file: 'etcd', goPackage: 'go.etcd.io/etcd/server/v3' },
  registry: { file: 'registry', goPackage: 'github.com/distribution/distribution/v3/cmd/registry' },
} as const

export type Program = keyof typeof programs
export type Report = (line: string) => void

const moduleFolder = join(import.meta.dirname, '../control-plane')

/** What to build and how: all that decides what the binaries are, hashed. */
export type BuildPlan = { fingerprint: string; flags: string[] }

export async function planBuild(): Promise<BuildPlan> {
  const [goMod, goSum] = await Promise.all(
    ['go.mod', 'go.sum'].map((file) => readFile(join(moduleFolder, file), 'utf8')),
  )
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(goMod ?? '')]
  const parts = [goMod, goSum, process.platform, process.arch, ...flags]
  return { flags, fingerprint: createHash('sha256').update(parts.join('\0')).digest('hex') }
}

/** The released binaries are stamped with their version at link time; without it they call themselves v0.0.0-master. */
function linkerFlags(goMod: string): string {
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(goMod) ?? []
  if (!version || !major || !minor) throw new Error('test/control-plane/go.mod requires no k8s.io/kubernetes')
  const stamps = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  const homes = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  const stamped = homes.flatMap((home) => Object.entries(stamps).map(([name, value]) => `-X ${home}.${name}=${value}`))
  return ['-s', '-w', ...stamped].join(' ')
}

/** Builds the programs into the folder, each under its own name. Throws with the end of what Go said. */
export async function buildPrograms(wanted: Program[], folder: string, report: Report): Promise<void> {
  const { flags } = await planBuild()
  for (const [index, program] of wanted.entries()) {
    const { file, goPackage } = programs[program]
    const title = `building ${file} (${index + 1} of ${wanted.length})`
    await runGo(['build', '-v', ...flags, '-o', join(folder, file), goPackage], title, report)
  }
}

const tickMs = 10_000
const packageName = /^[\w.~/-]+$/

async function runGo(args: string[], title: string, report: Report): Promise<void> {
  // Go's own scratch space for the build, so that an interrupted build leaves neither files nor compilers behind.
  const scratch = await makeGuardedDirectory('pullgate-go-build')
  const started = Date.now()
  let fetched = 0
  let compiled = 0
  const said: string[] = []
  const tell = () => {
    const seconds = Math.round((Date.now() - started) / 1000)
    report(`${title}: ${fetched} modules fetched, ${compiled} packages compiled, ${seconds} s`)
  }
  const tick = setInterval(tell, tickMs)
  try {
    report(`${title} with Go; the first time this takes minutes`)
    const go = spawn('go', args, {
      cwd: moduleFolder,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOTMPDIR: scratch.path },
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    createInterface(go.stderr).on('line', (line) => {
      if (packageName.test(line)) compiled += 1
      else if (line.startsWith('go: downloading')) fetched += 1
      else said.push(line)
    })
    if (go.pid !== undefined) scratch.adopt(go.pid)
    const [status, signal] = (await once(go, 'close')) as [number | null, string | null]
    if (status !== 0)
      throw new Error(`go ended with ${signal ?? `status ${status ?? '?'}`}: ${said.slice(-3).join(' | ')}`)
    tell()
  } finally {
    clearInterval(tick)
    await scratch.remove()
  }
}
