// Fields of forms: a label, what is given, and a hint below.

import type { ReactNode } from 'react';
import type { Visibility } from '../../../src/contract/media.ts';

interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly type?: string;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly lengthMax?: number;
  /** Has the focus when its dialog opens. */
  readonly isFirst?: boolean;
  readonly isInvalid?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A line of text. */
export function TextField(props: TextFieldProps) {
  const { id, label, type = 'text', hint, lengthMax = 4_096, isFirst = false, isInvalid = false } = props;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        type={type}
        maxLength={lengthMax}
        placeholder={props.placeholder}
        aria-invalid={isInvalid}
        data-first-focus={isFirst ? '' : undefined}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {hint !== undefined && <span className="field-hint">{hint}</span>}
    </div>
  );
}

interface SelectFieldProps {
  readonly id: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** One of a list. */
export function SelectField({ id, label, options, hint, value, onChange }: SelectFieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {hint !== undefined && <span className="field-hint">{hint}</span>}
    </div>
  );
}

const VISIBILITIES: SelectFieldProps['options'] = [
  { value: 'public', label: 'Everybody' },
  { value: 'private', label: 'Whoever has a playback token' },
];

interface VisibilityFieldProps {
  readonly id: string;
  readonly value: Visibility;
  readonly onChange: (visibility: Visibility) => void;
}

/** Who may watch. */
export function VisibilityField({ id, value, onChange }: VisibilityFieldProps) {
  return (
    <SelectField
      id={id}
      label="Who may watch"
      options={VISIBILITIES}
      value={value}
      onChange={(chosen) => onChange(chosen === 'private' ? 'private' : 'public')}
    />
  );
}

interface CheckFieldProps {
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly children: ReactNode;
}

/** Yes or no. */
export function CheckField({ isChecked, onChange, children }: CheckFieldProps) {
  return (
    <label className="checkbox">
      <input type="checkbox" checked={isChecked} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}
