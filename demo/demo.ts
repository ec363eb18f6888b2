/** `npm run demo`: everything set up, eight real `kubectl apply` calls, and what a user sees of each. */
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { parseArgs, styleText } from 'node:util'
import { findBinaries } from '../test/support/binaries.ts'
import { builtProgram } from '../test/support/installed-pullgate.ts'
import { type DemoCase, demoCases } from './cases.ts'
import { openClusterStage } from './cluster-stage.ts'
import { openReviewStage } from './review-stage.ts'
import type { Progress, Stage } from './stage.ts'

const { values: flags } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, 'no-control-plane': { type: 'boolean', default: false } },
})
const inColour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined
const paint = (colour: Parameters<typeof styleText>[0], text: string): string =>
  inColour ? styleText(colour, text) : text

const started = Date.now()
const progress: Progress = (line) => {
  console.error(paint('dim', `[${String(Math.round((Date.now() - started) / 1000)).padStart(3)} s] ${line}`))
}

const openStage = async (): Promise<Stage> => {
  if (flags['no-control-plane']) return openReviewStage(progress)
  const binaries = await findBinaries(progress)
  if (!('unavailable' in binaries)) return openClusterStage(binaries, progress)
  progress(`no control plane: ${binaries.unavailable}`)
  progress('going on without: the webhook is sent AdmissionReviews directly')
  return openReviewStage(progress)
}

const imagesIn = (played: DemoCase): readonly string[] =>
  [...JSON.stringify(played.manifest).matchAll(/"image":"([^"]+)"/g)].map(([, image = '']) => image)

/** Returns whether it came out as expected. */
const play = async (stage: Stage, played: DemoCase, number: number): Promise<boolean> => {
  console.log(`\n${paint('bold', `${number}. ${played.title}`)}`)
  for (const image of imagesIn(played)) console.log(paint('dim', `   # image: ${image}`))
  console.log(`   $ ${stage.command(played)}`)
  const { output, outcome } = await stage.apply(played)
  console.log(output.replace(/^/gm, '   '))
  const asExpected = outcome === played.expected
  console.log(
    asExpected
      ? paint('green', `   => ${outcome}`)
      : paint('red', `   => ${outcome}, but should be ${played.expected}`),
  )
  return asExpected
}

const keepRunning = async (stage: Stage): Promise<void> => {
  console.log(
    `\nStill running. In another shell:\n\n${stage.hints.map((hint) => `  ${hint}`).join('\n')}\n\nCtrl-C ends it and leaves nothing behind.`,
  )
  const keptAlive = setInterval(() => undefined, 60_000)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  clearInterval(keptAlive)
}

const run = async (): Promise<number> => {
  await access(builtProgram).catch(() => {
    throw new Error('the program is not built yet; run: npm ci')
  })
  const stage = await openStage()
  try {
    const cases = demoCases(stage.registries)
    let unexpected = 0
    for (const [index, played] of cases.entries()) unexpected += (await play(stage, played, index + 1)) ? 0 : 1
    console.log(
      unexpected === 0
        ? `\nAll ${cases.length} cases came out as expected.`
        : `\n${unexpected} of ${cases.length} cases did not.`,
    )
    if (flags.keep) await keepRunning(stage)
    return unexpected === 0 ? 0 : 1
  } finally {
    await stage.close()
  }
}

try {
  process.exitCode = await run()
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
