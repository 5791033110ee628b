// The steps of a runbook, drawn as they follow one another: what each looks at, does and undoes.

import type { ReactNode } from 'react';
import type { RunbookView } from '../../../src/contract/api/runbooks.ts';
import { Icon } from '../ui/icon.tsx';
import { STEP_WORDS } from './describe-runbook.ts';
import { STEP_ICONS } from './step-icons.ts';

type Outline = RunbookView['steps'][number];

interface StepFlowProps {
  readonly steps: readonly Outline[];
  /** Names of parameters that stand as samples in the lines: "some-target" is shown as "$target". */
  readonly parameters?: readonly string[];
  /** What stands below the lines of a step: what was seen of its conditions. */
  readonly more?: (step: Outline, index: number) => ReactNode;
}

/** The flow. */
export function StepFlow({ steps, parameters = [], more }: StepFlowProps) {
  return (
    <ol className="flow">
      {steps.map((step, index) => (
        <li key={step.id} className="flow-step">
          <span className={`flow-mark is-${step.kind}`}>
            <Icon name={STEP_ICONS[step.kind]} />
          </span>
          <div className="flow-words">
            <div className="row wrap tight">
              <strong>{step.title}</strong>
              <span className="tag">{STEP_WORDS[step.kind]}</span>
            </div>
            <ul className="flow-lines">
              {step.lines.map((line) => (
                <FlowLine key={line} line={named(line, parameters)} />
              ))}
            </ul>
            {more?.(step, index)}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** The line with the names of parameters in place of their samples. */
function named(line: string, parameters: readonly string[]): string {
  return parameters.reduce((text, name) => text.replaceAll(`some-${name.toLowerCase()}`, `$${name}`), line);
}

/** A sentence of the outline; its first word says which part of the step it is. */
function FlowLine({ line }: { readonly line: string }) {
  const at = line.indexOf(': ');
  if (at < 0 || at > 24) return <li>{line}</li>;
  return (
    <li>
      <span className="faint">{line.slice(0, at + 1)}</span> <span>{line.slice(at + 2)}</span>
    </li>
  );
}
