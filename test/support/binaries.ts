import { constants } from 'node:fs'
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { underLock } from './build-lock.ts'
import { buildPrograms, type Program, planBuild, programs, type Report } from './control-plane-build.ts'
import { makeGuardedDirectory } from './guarded-directory.ts'

/** Absolute paths of the real programs that tests, demo and bench run. */
export type Binaries = Record<Program, string>

const allPrograms = Object.keys(programs) as Program[]

/** From KUBEBUILDER_ASSETS, else from the cache, else built with Go into the cache (minutes, reported line by line). */
export async function findBinaries(report: Report = () => undefined): Promise<Binaries | { unavailable: string }> {
  try {
    const found = await findAssets()
    const missing = allPrograms.filter((program) => found[program] === undefined)
    const built = missing.length === 0 ? {} : await findBuilt(missing, report)
    return { ...found, ...built } as Binaries
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const remedy = 'install Go (see test/control-plane/README.md), it is built once'
    return { unavailable: `no real control plane: ${remedy}; ${reason}`.replaceAll(/\s+/g, ' ') }
  }
}

async function findAssets(): Promise<Partial<Binaries>> {
  const assets = process.env['KUBEBUILDER_ASSETS']
  const found: Partial<Binaries> = {}
  if (!assets) return found
  for (const program of allPrograms) {
    const path = join(assets, programs[program].file)
    if (await isExecutable(path)) found[program] = path
  }
  return found
}

async function findBuilt(wanted: Program[], report: Report): Promise<Partial<Binaries>> {
  const { fingerprint } = await planBuild()
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pullgate/control-plane', fingerprint)
  if ((await findUnusable(cache, wanted)).length > 0) {
    await mkdir(cache, { recursive: true })
    const onWait = () => {
      report('waiting for another process that builds the control plane')
    }
    await underLock(join(cache, 'building'), onWait, async () => {
      // Asked again: whoever held the lock before may have built them.
      await fill(cache, await findUnusable(cache, wanted), report)
    })
  }
  return Object.fromEntries(wanted.map((program) => [program, join(cache, programs[program].file)]))
}

/** Builds beside and renames, so that a binary in the cache is always a whole one. */
async function fill(cache: string, wanted: Program[], report: Report): Promise<void> {
  if (wanted.length === 0) return
  const draft = await makeGuardedDirectory('draft', cache)
  try {
    await buildPrograms(wanted, draft.path, report)
    for (const program of wanted) {
      const { file } = programs[program]
      const { size } = await stat(join(draft.path, file))
      await rm(join(cache, file), { recursive: true, force: true })
      await writeFile(sizeFile(cache, program), String(size))
      await rename(join(draft.path, file), join(cache, file))
    }
  } finally {
    await draft.remove()
  }
}

async function findUnusable(cache: string, wanted: Program[]): Promise<Program[]> {
  const unusable: Program[] = []
  for (const program of wanted) {
    if (!(await isWhole(cache, program))) unusable.push(program)
  }
  return unusable
}

// A full disk or an interrupted copy of the cache can leave a file that is executable but short.
const sizeFile = (cache: string, program: Program) => join(cache, `${programs[program].file}.size`)

async function isWhole(cache: string, program: Program): Promise<boolean> {
  const path = join(cache, programs[program].file)
  if (!(await isExecutable(path))) return false
  const recorded = await readFile(sizeFile(cache, program), 'utf8').catch(() => '')
  return recorded === String((await stat(path)).size)
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
