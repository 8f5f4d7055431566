/** Forms by the rules of each language; a form that is missing fails the type check of its dictionary. */
export type TwoForms = Readonly<Record<'one' | 'other', string>>
export type FourForms = Readonly<Record<'one' | 'few' | 'many' | 'other', string>>
export type Forms = TwoForms | FourForms

const rules = new Map<string, Intl.PluralRules>()

/** The form for the amount, with `{n}` filled in by the language's own way of writing numbers. */
export function plural(locale: string, forms: Forms, n: number): string {
  let rule = rules.get(locale)
  if (!rule) rules.set(locale, (rule = new Intl.PluralRules(locale)))
  const form = (forms as Partial<Record<Intl.LDMLPluralRule, string>>)[rule.select(n)] ?? forms.other
  return form.replace('{n}', new Intl.NumberFormat(locale).format(n))
}
