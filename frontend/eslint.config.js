import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

/** Front end: screens → live, ui, i18n. Nothing looks upwards. */
const notFrom = (...rooms) => ({
  'no-restricted-imports': ['error', { patterns: rooms.map((room) => ({ group: [`**/${room}/**`] })) }],
})

export default ts.config(
  { ignores: ['node_modules', 'src/live/api.d.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  ...svelte.configs.prettier,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      'no-undef': 'off',
      'max-lines': ['error', 250],
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  { files: ['src/live/**'], rules: notFrom('screens', 'ui', 'i18n') },
  { files: ['src/i18n/**'], rules: notFrom('screens', 'ui', 'live') },
  { files: ['src/ui/**'], rules: notFrom('screens', 'live') },
)
