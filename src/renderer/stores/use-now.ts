import { useEffect, useState } from 'react';

/** The time, told anew every `stepMs`. */
export const useNow = (stepMs = 5000): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
};
