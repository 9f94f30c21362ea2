import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ReactNode;
}

/** What stands where there is nothing to show yet, and what to do about it. */
export const EmptyState = ({ title, children }: EmptyStateProps) => (
  <section className="empty">
    <h2>{title}</h2>
    {children}
  </section>
);

/** A line to type into a terminal. */
export const Command = ({ line }: { readonly line: string }) => <pre className="command">{line}</pre>;
