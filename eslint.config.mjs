// One rule, one owner: layout and import order belong to Biome, layers and vendors to dependency-cruiser, leftovers to
// knip, types to tsc; what is left, what a reader would otherwise have to watch for, is here.
import tseslint from 'typescript-eslint'

const clockAndWorld = [
  'Date',
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console',
  'performance',
]

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.tap/', 'tap-snapshots/', 'test/fixtures/', '**/*.mjs', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 250 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Ports are async by type; an implementation that answers at once has nothing to await.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/core/**'],
    rules: { 'no-restricted-globals': ['error', ...clockAndWorld] },
  },
  {
    files: ['src/**'],
    ignores: ['src/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env' },
        { object: 'process', property: 'exit' },
      ],
    },
  },
  {
    files: ['test/**', 'bench/**', 'demo/**', 'scripts/**'],
    rules: {
      'no-console': 'off',
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['test'], package: '@tapjs/test' }] },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
)
