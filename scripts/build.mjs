// One ESM file for everything: client-node alone costs half a second and 90 MB to import unbundled, and the image needs
// no node_modules. The banner gives the CommonJS packages in the bundle the `require` they expect.
import { chmod, rm } from 'node:fs/promises'
import { build } from 'esbuild'

const outfile = 'dist/pullgate.mjs'
await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: ['src/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  keepNames: true,
  sourcemap: 'linked',
  legalComments: 'none',
  banner: {
    js: "#!/usr/bin/env node\nimport{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
await chmod(outfile, 0o755)
