"""Reports on verifications, dossiers that are checked offline, and exports of history."""
