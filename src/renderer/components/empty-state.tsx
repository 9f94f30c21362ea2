import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly title: string;
  readonly help?: string | undefined;
  /** `h1` where nothing else on the page is a heading. */
  readonly level?: 'h1' | 'h2';
  readonly children?: ReactNode;
}

/** What stands where there is nothing to show, and what to do about it. */
export const EmptyState = ({ title, help, level = 'h2', children }: EmptyStateProps) => {
  const Heading = level;
  return (
    <section className="empty">
      <Heading className="empty-title">{title}</Heading>
      {help === undefined ? null : <p className="quiet">{help}</p>}
      {children === undefined ? null : <div className="empty-actions">{children}</div>}
    </section>
  );
};
