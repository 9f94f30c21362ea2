import { Button } from '@fluentui/react-components';
import { type ReactNode, type SubmitEvent, useId } from 'react';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';

interface SectionCardProps {
  readonly title: string;
  readonly help: string;
  readonly loading: boolean;
  readonly changed: boolean;
  /** Nothing is wrong with what was typed. */
  readonly ready?: boolean;
  onSave(): Promise<void>;
  onDiscard(): void;
  readonly children: ReactNode;
}

/** A section of the settings in a card, with a button that keeps it. */
export const SectionCard = (props: SectionCardProps) => {
  const { title, help, loading, changed, ready = true, onSave, onDiscard, children } = props;
  const id = useId();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (changed && ready) void onSave();
  };
  return (
    <section className="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="note">{help}</p>
      {loading ? (
        <Loading />
      ) : (
        <form className="form" onSubmit={submit}>
          {children}
          <div className="form-actions">
            <Button type="submit" disabled={!changed || !ready}>
              {t('common.save')}
            </Button>
            {changed ? <Button onClick={onDiscard}>{t('common.discard')}</Button> : null}
          </div>
        </form>
      )}
    </section>
  );
};
