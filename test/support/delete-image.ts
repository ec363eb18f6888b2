/** As a retention policy would: the manifest goes, and with it every tag that named it. */
export const deleteImage = async (registryUrl: string, repository: string, digest: string): Promise<void> => {
  const path = `/v2/${repository}/manifests/${digest}`
  const { status } = await fetch(new URL(path, registryUrl), { method: 'DELETE' })
  if (status !== 202) throw new Error(`DELETE ${path}: status ${status}`)
}
