import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Agent, request } from 'undici'

export type PushedImage = { digest: string; mediaType: string }

export type PushRequest = {
  repository: string
  tag: string
  auth?: { username: string; password: string }
  /** PEM, for a registry with TLS. */
  ca?: string
  /** Such as linux/arm64/v8. With it an index over one image each is pushed, without it one image for linux/amd64. */
  platforms?: readonly string[]
}

type Content = { mediaType: string; bytes: Buffer }
type Send = (method: 'POST' | 'PUT', path: string, content?: Content) => Promise<{ location: string }>

const ociImage = 'application/vnd.oci.image.manifest.v1+json'
const ociIndex = 'application/vnd.oci.image.index.v1+json'
// Two empty blocks: a tar archive without entries.
const emptyLayer = Buffer.alloc(1024)

/** Pushes a small valid OCI image, as `docker push` would: blobs first, manifests after. */
export async function pushImage(registryUrl: string, push: PushRequest): Promise<PushedImage> {
  const dispatcher = new Agent(push.ca === undefined ? {} : { connect: { ca: push.ca } })
  try {
    const send = openSession(dispatcher, registryUrl, push)
    const { repository, tag, platforms } = push
    if (!platforms)
      return await pushManifest(send, repository, tag, await pushPlatformImage(send, repository, 'linux/amd64'))
    const manifests: object[] = []
    for (const platform of platforms) {
      const image = await pushPlatformImage(send, repository, platform)
      await pushManifest(send, repository, digestOf(image.bytes), image)
      manifests.push({ ...describe(image), platform: parsePlatform(platform) })
    }
    const index = asJson(ociIndex, { schemaVersion: 2, mediaType: ociIndex, manifests })
    return await pushManifest(send, repository, tag, index)
  } finally {
    await dispatcher.close()
  }
}

/** Returns the manifest, which is not pushed yet. */
async function pushPlatformImage(send: Send, repository: string, platform: string): Promise<Content> {
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: gzipSync(emptyLayer) }
  const config = asJson('application/vnd.oci.image.config.v1+json', {
    ...parsePlatform(platform),
    config: { Cmd: ['/nothing'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(emptyLayer)] },
  })
  for (const blob of [layer, config]) {
    const { location } = await send('POST', `/v2/${repository}/blobs/uploads/`)
    const target = new URL(location, 'http://registry.invalid')
    target.searchParams.set('digest', digestOf(blob.bytes))
    await send('PUT', target.pathname + target.search, { ...blob, mediaType: 'application/octet-stream' })
  }
  return asJson(ociImage, {
    schemaVersion: 2,
    mediaType: ociImage,
    config: describe(config),
    layers: [describe(layer)],
  })
}

async function pushManifest(send: Send, repository: string, name: string, manifest: Content): Promise<PushedImage> {
  await send('PUT', `/v2/${repository}/manifests/${name}`, manifest)
  return { digest: digestOf(manifest.bytes), mediaType: manifest.mediaType }
}

function openSession(dispatcher: Agent, registryUrl: string, { repository, auth }: PushRequest): Send {
  let authorization: string | undefined
  return async (method, path, content) => {
    const attempt = () =>
      request(new URL(path, registryUrl), {
        dispatcher,
        method,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(content ? { 'content-type': content.mediaType } : {}),
        },
        body: content?.bytes ?? null,
      })
    let response = await attempt()
    if (response.statusCode === 401) {
      await response.body.dump()
      const challenge = String(response.headers['www-authenticate'])
      authorization = await answerChallenge(dispatcher, challenge, repository, auth)
      response = await attempt()
    }
    const said = await response.body.text()
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: status ${response.statusCode} ${said}`)
    return { location: String(response.headers['location']) }
  }
}

async function answerChallenge(dispatcher: Agent, challenge: string, repository: string, auth: PushRequest['auth']) {
  const basic = auth && `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
  const realm = /^Bearer .*realm="([^"]+)"/i.exec(challenge)?.[1]
  if (realm === undefined) return basic
  const url = new URL(realm)
  url.searchParams.set('service', /service="([^"]*)"/.exec(challenge)?.[1] ?? '')
  url.searchParams.set('scope', `repository:${repository}:pull,push`)
  const { statusCode, body } = await request(url, { dispatcher, headers: basic ? { authorization: basic } : {} })
  if (statusCode !== 200) throw new Error(`${url.href}: status ${statusCode} ${await body.text()}`)
  return `Bearer ${((await body.json()) as { token: string }).token}`
}

function parsePlatform(platform: string): { os: string; architecture: string; variant?: string } {
  const [os = '', architecture = '', variant] = platform.split('/')
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

const asJson = (mediaType: string, value: object): Content => ({ mediaType, bytes: Buffer.from(JSON.stringify(value)) })
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const describe = ({ mediaType, bytes }: Content) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
