/** `HOST:PORT` flags. */
import type { Address } from '../webhook/metrics-server.ts'

/** `0.0.0.0:8443`, `[::]:8443`, `localhost:0`; throws an Error that names the flag and what it accepts. */
export const parseAddress = (flag: string, text: string): Address => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || !(port <= 65_535)) {
    throw new Error(`${flag}: "${text}" is not HOST:PORT, for instance 0.0.0.0:8443 or [::]:8443`)
  }
  return { host, port }
}
