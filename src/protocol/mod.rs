//! Pure requests and answers, in the words of the RFCs.
