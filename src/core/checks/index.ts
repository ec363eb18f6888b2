/** The checks, in the order their findings are told. Adding one here makes the compiler name what it still lacks. */
import { imagePullable } from './image-pullable.ts'
import { latestTag } from './latest-tag.ts'
import { pullSecrets } from './pull-secrets.ts'
import { validReference } from './valid-reference.ts'

export const checks = [validReference, latestTag, pullSecrets, imagePullable] as const

export type CheckId = (typeof checks)[number]['id']

export const checkIds: readonly CheckId[] = checks.map(({ id }) => id)
