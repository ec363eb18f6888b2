// The dependency rules of docs/architecture.md, as a linter. test/architecture.test.ts plants a violation of each.
const vendorHome = (name, vendor, homes) => ({
  name,
  comment: `${vendor} has one home`,
  severity: 'error',
  from: { path: '^src/', pathNot: homes },
  to: { path: `node_modules/${vendor}/` },
})
const onlyLooksAt = (folder, allowed) => ({
  name: `${folder}-looks-inwards`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`^src/${folder}/`, ...allowed] },
})

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      comment: 'core imports core: no Node module, no package, no clock',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    onlyLooksAt('registry', ['^src/core/']),
    onlyLooksAt('credentials', ['^src/core/']),
    onlyLooksAt('cluster', ['^src/core/']),
    onlyLooksAt('webhook', ['^src/core/']),
    onlyLooksAt('report', ['^src/core/']),
    onlyLooksAt('certs', ['^src/core/', '^src/cluster/']),
    {
      name: 'commands-are-roots',
      comment: 'nobody imports a composition root but main',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/main\\.ts$', '^src/commands/'] },
      to: { path: '^src/(commands/|main\\.ts)' },
    },
    vendorHome('undici-home', 'undici', ['^src/registry/', '^src/cluster/']),
    vendorHome('client-node-home', '@kubernetes/client-node', ['^src/cluster/']),
    vendorHome('fastify-home', 'fastify', ['^src/webhook/']),
    vendorHome('forge-home', 'node-forge', ['^src/certs/']),
    vendorHome('ajv-home', 'ajv', ['^src/config[^/]*\\.ts$']),
    vendorHome('picomatch-home', 'picomatch', ['^src/config[^/]*\\.ts$']),
    vendorHome('prom-client-home', 'prom-client', ['^src/webhook/', '^src/commands/']),
    {
      name: 'no-test-code-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|demo|scripts)/' },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
