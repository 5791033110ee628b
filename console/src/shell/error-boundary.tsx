// What shows when the console itself fails: the rest goes on, and a person can read what happened.
// React offers this to classes only.

import { Component, type ReactNode } from 'react';
import { Icon } from '../ui/icon.tsx';
import { Empty } from '../ui/states.tsx';

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly error: Error | null;
}

/** Catches what its children throw while they are drawn. */
export class ErrorBoundary extends Component<Props, State> {
  override readonly state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <div role="alert">
        <Empty
          icon="warning"
          title="This page has a fault"
          actions={
            <>
              <button type="button" className="button" onClick={() => this.setState({ error: null })}>
                <Icon name="retry" />
                Try again
              </button>
              <button type="button" className="button quiet" onClick={() => window.location.reload()}>
                Load the console anew
              </button>
            </>
          }
        >
          Nothing happened to your videos; only the console could not draw this: {this.state.error.message}
        </Empty>
      </div>
    );
  }
}
