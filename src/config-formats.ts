/** The formats of the configuration's schema: whether a text is one, and what to write instead. */
import { isIP } from 'node:net'
import { isGlob } from './config-globs.ts'
import { parseDuration } from './core/duration.ts'
import { isFieldPath } from './core/field-path.ts'
import { parsePattern } from './core/registry-key.ts'
import { byteStringOf } from './core/utf8.ts'

type Format = { readonly accepts: (text: string) => boolean; readonly wanted: string }

const isRange = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/')
  const family = address.includes('%') ? 0 : isIP(address)
  const isLength = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  return family !== 0 && isLength && rest.length === 0
}

const isImagePattern = (text: string): boolean =>
  text === 'default' || (!/\s|:\/\/|^$/.test(text) && parsePattern(byteStringOf(text)) !== undefined)

export const formats: Readonly<Record<string, Format>> = {
  'go-duration': {
    accepts: (text) => parseDuration(text) !== undefined,
    wanted: 'a duration such as 500ms, 5s or 1h30m',
  },
  cidr: { accepts: isRange, wanted: 'an address or a range such as 10.0.0.0/8 or fd00::/8' },
  realm: {
    accepts: (text) => /^[^=/\s]+=[^=/\s]+$/.test(text),
    wanted: 'IMAGE-DOMAIN=REALM-HOST, for instance registry.example=auth.example.org',
  },
  glob: { accepts: isGlob, wanted: 'a glob such as team-* or ghcr.io/acme/** (no blanks, no ! at its beginning)' },
  'match-image': {
    accepts: isImagePattern,
    wanted: 'default, or a pattern as in matchImages of the kubelet, for instance *.registry.example/team',
  },
  'field-path': {
    accepts: isFieldPath,
    wanted: 'a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec',
  },
}
