// One of a few: which rows of a list are shown.

export interface FilterOption<F extends string> {
  readonly value: F;
  readonly label: string;
}

interface FilterProps<F extends string> {
  /** "Show jobs that are". */
  readonly label: string;
  readonly options: readonly FilterOption<F>[];
  readonly value: F;
  readonly onChange: (value: F) => void;
}

/** The choice. */
export function Filter<F extends string>({ label, options, value, onChange }: FilterProps<F>) {
  return (
    <fieldset className="segmented" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={value === option.value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
