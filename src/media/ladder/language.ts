// Languages of audio tracks as playlists want them (BCP 47) from what files carry (mostly ISO 639-2, often nothing).

const LANGUAGE_LENGTH_MAX = 35;

/** The canonical tag, e.g. "ger" and "deu" give "de"; null when it says nothing or is no language tag. */
export function languageTag(language: string | null): string | null {
  if (language === null || language.length > LANGUAGE_LENGTH_MAX) return null;
  try {
    const tag = Intl.getCanonicalLocales(language.trim().replaceAll('_', '-'))[0];
    return tag === undefined || /^(und|mis|mul|zxx)\b/.test(tag) ? null : tag;
  } catch {
    return null;
  }
}

/** The language's English name, e.g. "Brazilian Portuguese". */
export function languageName(tag: string): string {
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag;
}
